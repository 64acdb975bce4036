// Delay of server-sent events on their way through the proxy.
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type MeasureBound, milliseconds } from './bound.ts';
import { startWorld } from './world.ts';

const EVENTS = 100;
const INTERVAL_MS = 20;
const BOUND_MS = 50;

export const measureEvents: MeasureBound = async ({ cleanUp, signal }) => {
  const backend = createServer(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let event = 0; event < EVENTS && !signal.aborted; event++) {
      await delay(INTERVAL_MS);
      response.write(`data: ${performance.now()}\n\n`);
    }
    response.end();
  }).listen(0, '127.0.0.1');
  cleanUp.after(() => backend.closeAllConnections());
  cleanUp.after(() => backend.close());
  await once(backend, 'listening');
  const target = { address: '127.0.0.1', port: (backend.address() as AddressInfo).port };
  const { url } = await startWorld(cleanUp, { protocol: 'HTTP' }, { target });

  const [response] = (await once(get(url, { signal }), 'response')) as [IncomingMessage];
  const delaysMs: number[] = [];
  for await (const text of response.setEncoding('utf8')) {
    const now = performance.now();
    for (const [, sentAt] of String(text).matchAll(/^data: (.*)$/gm)) delaysMs.push(now - Number(sentAt));
  }
  const worst = Math.max(...delaysMs);
  return [
    {
      what: `${delaysMs.length} of ${EVENTS} server-sent events: largest delay`,
      bound: `${BOUND_MS} ms`,
      measured: milliseconds(worst),
      isMet: delaysMs.length === EVENTS && worst <= BOUND_MS,
    },
  ];
};
