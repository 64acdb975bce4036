// A UDP listening socket in a process of its own, for tests that limit open files. Arguments: port, port of the target.
import { servedSocket } from './served-socket.ts';

const [port = 0, targetPort = 0] = process.argv.slice(2).map(Number);
await servedSocket(port, targetPort, 60_000, (_level, message, fields) => {
  process.send?.(`${message} ${JSON.stringify(fields)}`);
});
process.send?.('serves');
