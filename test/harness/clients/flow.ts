// A client's open TCP connection through the data plane, for scenarios that keep connections open.
import { once } from 'node:events';
import { connect } from 'node:net';

export interface Flow {
  name: string;
  socket: ReturnType<typeof connect>;
  closed: Promise<unknown>;
}

/** Opens a TCP flow through the listener at `port` and reads the name of the backend at its other end. */
export async function openFlow(port: number): Promise<Flow> {
  const socket = connect({ host: '127.0.0.1', port }).setEncoding('utf8');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('x');
  let text = '';
  while (!text.endsWith('\nx')) text += String((await once(socket, 'data'))[0]);
  return { name: text.split('\n')[0] ?? '', socket, closed };
}
