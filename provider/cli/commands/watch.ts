// `weir status --watch`: asks for the status at each event and at least every 2 s, through the runtime's absences.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeClient } from '../../client/client.ts';
import type { StatusResponse } from '../../model/api/status.ts';

const LONGEST_PAUSE_MS = 2_000;
/** A burst of events is one picture. */
const SHORTEST_PAUSE_MS = 100;
const RECONNECT_AFTER_MS = 1_000;

interface Watch {
  /** Each call makes a new client, of a runtime that is there. */
  readonly connect: () => Promise<Pick<RuntimeClient, 'status' | 'events'>>;
  readonly show: (status: StatusResponse) => void;
  /** The runtime is gone; the watch goes on until it is back. */
  readonly showAbsence: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** Ends with `signal`. Rejects where the first connection fails: a wrong address or token does not get better. */
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

/** Until the status cannot be had. */
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
      // Also after it has ended: the runtime may have dropped it, or be another process by now.
      if (!isOpen) listen();
      show(await client.status());
      await pause(SHORTEST_PAUSE_MS, either);
      await Promise.race([changed.promise, pause(LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS, either)]);
      changed = Promise.withResolvers();
    }
  } finally {
    over.abort();
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return sleep(durationMs, undefined, { signal }).catch(() => {});
}
