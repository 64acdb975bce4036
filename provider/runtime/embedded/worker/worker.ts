// The entry of a worker thread: it handles the messages of the main thread one after another.
import { parentPort, workerData } from 'node:worker_threads';
import type { PassiveReport } from '../../contract/engine.ts';
import type { Shortage } from '../../contract/shortage.ts';
import { AccessLog } from '../access-log/access-log.ts';
import { acceptHttp } from '../http/exchange/accept.ts';
import { rejectHttp } from '../http/exchange/reject.ts';
import { pool } from '../http/upstream/pool.ts';
import { descriptors } from '../io/descriptors.ts';
import { useSockets } from '../io/sockets.ts';
import type { OpenFailure } from '../shared/endpoint.ts';
import type { FromWorker, ToWorker, WorkerInit } from '../shared/messages.ts';
import { recordProgress } from '../shared/progress.ts';
import { RateBuckets } from '../shared/rate-buckets.ts';
import { acceptTcp } from '../tcp/accept.ts';
import { Https } from '../tls/accept.ts';
import { PassedHandles } from './passed-handles.ts';
import { ServedState } from './served-state.ts';

if (!parentPort) throw new Error('worker.ts can run only in a worker thread.');
const port = parentPort;
const { workerId, workers, isPortShared, sockets, progress, swap, ...init } = workerData as WorkerInit;
descriptors.share(init.descriptors, workerId, {
  closeOne: (wanted) => pool.closeOne(wanted),
  closeOneOf: (other) => send({ type: 'closeIdle', workerId: other }),
});
const obstacle = useSockets(sockets);
if (obstacle !== undefined && workerId === 0)
  send({
    type: 'log',
    level: 'warn',
    message: `traffic is carried on Node's own, slower sockets: ${obstacle}`,
    fields: {},
  });
const accessLog = init.accessLog && new AccessLog(init.accessLog, (batch) => send({ type: 'access', batch }));
let { ticketKeys } = init;
const reports: PassiveReport[] = [];
const shortages = new Map<string, { readonly shortage: Shortage; readonly count: number }>();
const https = new Https(() => ticketKeys);
const passed = init.handlesAt && new PassedHandles(init.handlesAt, workerId);

const served = new ServedState({
  workerId,
  workers,
  rates: new RateBuckets(init.rates),
  isPortShared,
  handlesOf: passed && ((endpoint) => passed.of(endpoint)),
  udpSessions: init.udpSessions,
  acceptors: { TCP: acceptTcp, HTTP: acceptHttp, HTTPS: https.accept },
  rejecters: { HTTP: rejectHttp, HTTPS: https.reject },
  accessLog,
  log: (level, message, fields) => send({ type: 'log', level, message, fields }),
  onPassive: reportSoon,
  onShortage: countSoon,
  onCapacity: (capacity) => send({ type: 'capacity', capacity }),
});

/**
 * Settles when the last message that arrived is handled. Messages are handled one after another, because a health
 * change must find the targets of the swap before it.
 */
let last: Promise<void> = start().catch(crash);
port.on('message', (message: ToWorker) => {
  // Requests that wait for a connection, or need a descriptor, do not wait for a swap too.
  if (message.type === 'capacity') served.offered(message.capacity);
  else if (message.type === 'closeIdle') pool.closeOne();
  else if (message.type === 'awaitEmpty') void served.empty().then(() => leave(message.id));
  else last = last.then(() => handle(message)).catch(crash);
});
recordProgress(progress);

async function start(): Promise<void> {
  send({ type: 'ready', failures: await served.swap(swap) });
}

async function handle(message: Exclude<ToWorker, { type: 'capacity' | 'closeIdle' | 'awaitEmpty' }>): Promise<void> {
  switch (message.type) {
    case 'open':
      return reply(message.id, await served.open(message.endpoints));
    case 'closeEndpoints':
      await served.closeEndpoints(message.endpoints);
      return reply(message.id);
    case 'swap':
      return reply(message.id, await served.swap(message.swap));
    case 'close':
      await served.close();
      accessLog?.flush();
      return reply(message.id);
    case 'udpSessions':
      return send({ type: 'udpSessions', id: message.id, sessions: served.udpSessions() });
    case 'ticketKeys':
      ticketKeys = message.keys;
      return;
    case 'health':
      served.setHealth(message.changes);
  }
}

/** Replies that no connection is left. The engine then ends the worker, so its last lines of the access log go first. */
function leave(id: number): void {
  accessLog?.flush();
  reply(id);
}

/** Sends all reports of an event-loop iteration in one message, because thousands of connects may fail together. */
function reportSoon(report: PassiveReport): void {
  reports.push(report);
  if (reports.length === 1) setImmediate(() => send({ type: 'passive', reports: reports.splice(0) }));
}

/** Sends how often the runtime was short of each resource in an event-loop iteration. */
function countSoon(shortage: Shortage): void {
  if (shortages.size === 0) setImmediate(sendShortages);
  const count = (shortages.get(shortage.resource)?.count ?? 0) + 1;
  shortages.set(shortage.resource, { shortage, count });
}

function sendShortages(): void {
  for (const counted of shortages.values()) send({ type: 'shortage', ...counted });
  shortages.clear();
}

function reply(id: number, failures: readonly OpenFailure[] = []): void {
  send({ type: 'reply', id, failures });
}

function send(message: FromWorker): void {
  port.postMessage(message);
}

/**
 * Ends the worker thread by an error thrown outside the promise. The engine then replaces the thread, because a worker
 * must not serve half a swap.
 */
function crash(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
