// Resident memory of an idle connection: TCP, HTTP after its first request, and HTTPS.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { residentBytes } from '../../harness/clients/crowd.ts';
import { makePair } from '../../harness/machine/certificates.ts';
import { startTarget } from '../bounds/target-process.ts';
import { startWorld } from '../bounds/world.ts';
import { CleanUp } from '../clean-up.ts';
import { type Measure, type MeasureContext, roundsOf } from './measure.ts';

const MAX_ROUNDS = 3;
/** The first connections warm up code and heap, and do not count. */
const FIRST = 1_000;
/** Clients that connect at once; few enough that no accept queue overflows. */
const BATCH = 100;
/** Wait before memory is read, in which the process collects the garbage of the handshakes as far as it does by itself. */
const SETTLE_MS = 3_000;
const REQUEST = 'GET / HTTP/1.1\r\nHost: idle\r\n\r\n';

/**
 * Connections beyond the first ones. One listener may have half of the open files, and a TCP connection takes two; many
 * systems allow a process 20,000.
 */
const KINDS = [
  { goal: 'idle-tcp', protocol: 'TCP', connections: 3_500 },
  { goal: 'idle-http', protocol: 'HTTP', connections: 7_000 },
  { goal: 'idle-tls', protocol: 'HTTPS', connections: 4_000 },
] as const;

/** A target that serves HTTP and keeps every connection open, in a process of its own. */
const TARGET = `
const server = require('node:http').createServer((_, response) => response.end('ok'));
Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, timeout: 0 });
server.listen(Number(process.argv[1]), '127.0.0.1', 4096, () => console.log('open'))`;

export const measureIdle: Measure = async (context) => {
  const port = await startTarget(context.cleanUp, TARGET);
  const results = [];
  for (const { goal, protocol, connections } of KINDS) {
    const values: number[] = [];
    for (const round of roundsOf(context, MAX_ROUNDS)) {
      context.say(`  ${goal}, round ${round + 1}`);
      values.push((await bytesOfOne(context, port, protocol, connections)) / 1024);
    }
    results.push([goal, { values, note: `${connections} connections` }] as const);
  }
  return Object.fromEntries(results);
};

async function bytesOfOne({ cleanUp }: MeasureContext, target: number, protocol: string, connections: number) {
  const own = new CleanUp();
  cleanUp.after(() => own.run());
  const certificates = protocol === 'HTTPS' ? { certificates: { idle: makePair(['idle']) } } : {};
  const listener = { protocol, idleTimeoutSeconds: 600, ...certificates };
  const { port, runtime } = await startWorld(own, listener, { idle: { address: '127.0.0.1', port: target } });
  const open = async () => {
    const at = { host: '127.0.0.1', port };
    const socket = protocol === 'HTTPS' ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
    own.after(() => socket.destroy());
    socket.write(REQUEST);
    await once(socket, 'data');
    socket.on('error', () => {});
  };
  const gather = async (count: number) => {
    for (let left = count; left > 0; left -= BATCH)
      await Promise.all(Array.from({ length: Math.min(BATCH, left) }, open));
    await delay(SETTLE_MS);
    return residentBytes(runtime.pid);
  };
  const before = await gather(FIRST);
  const after = await gather(connections);
  await own.run();
  return (after - before) / connections;
}
