// `weir status --watch`: reads the status at each event and at least every 2 s, also across restarts of the runtime.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeClient } from '../../client/client.ts';
import type { StatusResponse } from '../../model/api/status.ts';

const LONGEST_PAUSE_MS = 2_000;
/** Shortest pause between two readings of the status, so that a burst of events leads to one reading. */
const SHORTEST_PAUSE_MS = 100;
/** A pause is at least so many times as long as the reading before it, so that a large status takes little of the time. */
const PAUSE_PER_READING = 4;
const RECONNECT_AFTER_MS = 1_000;

interface Watch {
  /** Makes a new client. Rejects if the runtime does not respond. */
  readonly connect: () => Promise<Pick<RuntimeClient, 'status' | 'events'>>;
  readonly show: (status: StatusResponse) => void;
  /** Called when the runtime is gone. The watch goes on until the runtime is back. */
  readonly showAbsence: (error: Error) => void;
  readonly signal: AbortSignal;
}

/**
 * Watches the status until `signal` aborts. Rejects if the first connection fails, because a wrong address or token
 * stays wrong.
 */
export async function watchStatus({ connect, show, showAbsence, signal }: Watch): Promise<void> {
  let client: Awaited<ReturnType<Watch['connect']>> | undefined = await connect();
  show(await client.status());
  while (!signal.aborted) {
    try {
      client ??= await connect();
      await follow(client, show, signal);
    } catch (error) {
      client = undefined;
      if (signal.aborted) return;
      showAbsence(error as Error);
      await sleep(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** Shows the status at each event and at least every 2 s. Rejects if the status cannot be read. */
async function follow(
  client: Awaited<ReturnType<Watch['connect']>>,
  show: Watch['show'],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let changed = Promise.withResolvers<void>();
  let isOpen = false;
  const look = () => changed.resolve();
  signal.addEventListener('abort', look);
  const listen = () => {
    isOpen = true;
    client
      .events({ opened: look, happened: look }, either)
      .catch(() => {})
      .finally(() => {
        isOpen = false;
        look();
      });
  };
  try {
    while (!signal.aborted) {
      // An event stream that has ended is opened again: the runtime may have dropped the stream or be another process
      // by now.
      if (!isOpen) listen();
      const beganAtMs = performance.now();
      show(await client.status());
      const shortestMs = Math.max(SHORTEST_PAUSE_MS, PAUSE_PER_READING * (performance.now() - beganAtMs));
      await pause(shortestMs, either);
      // A pause that stays behind when something happens would leave one more listener at the signal each time.
      const timer = setTimeout(look, Math.max(0, LONGEST_PAUSE_MS - shortestMs));
      await changed.promise;
      clearTimeout(timer);
      changed = Promise.withResolvers();
    }
  } finally {
    over.abort();
    signal.removeEventListener('abort', look);
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return sleep(durationMs, undefined, { signal }).catch(() => {});
}
