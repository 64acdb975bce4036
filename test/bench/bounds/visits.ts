// A thread of clients, one for each URL, which ask at a steady pace whether their responses come or not.
import { parentPort, workerData } from 'node:worker_threads';
import { SteadyClient } from './steady-client.ts';

/** Time between two visits of a client. */
const INTERVAL_MS = 10;

const clients = (workerData as readonly string[]).map((url) => new SteadyClient(url));
setInterval(() => {
  for (const client of clients) client.visit();
}, INTERVAL_MS);
parentPort?.on('message', async () => {
  parentPort?.postMessage(await Promise.all(clients.map((client) => client.lap())));
});
