// One UDP binding in a process of its own, for a test that limits how many files that may open. Arguments: port, target's port.
import { servedSocket } from './served-socket.ts';

const [port = 0, targetPort = 0] = process.argv.slice(2).map(Number);
await servedSocket(port, targetPort, 60_000, (_level, message, fields) => {
  process.send?.(`${message} ${JSON.stringify(fields)}`);
});
process.send?.('serves');
