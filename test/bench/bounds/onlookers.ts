// A client that has nothing to do with the trouble of a measurement: its failed requests and its longest silence. A
// second client asks the same target directly, which shows how much of the silence is the machine's.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { freePort } from '../../harness/backends/backends.ts';
import type { RuntimeProcess } from '../../harness/runtime/runtime.ts';
import type { CleanUp } from '../clean-up.ts';
import { type BoundResult, milliseconds } from './bound.ts';
import type { Visits } from './steady-client.ts';
import { startTarget, WEB } from './target-process.ts';

const SILENCE_MS = 1_000;
const WARM_UP_MS = 1_000;

export interface Lap {
  readonly proxied: Visits;
  readonly direct: Visits;
}

export class Onlookers {
  readonly #thread: Worker;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  /** Starts the clients. The first visits, until compiled code is warm, do not count. */
  static async start(
    cleanUp: CleanUp,
    urls: { readonly proxied: string; readonly direct: string },
  ): Promise<Onlookers> {
    const thread = new Worker(new URL('visits.ts', import.meta.url), { workerData: [urls.proxied, urls.direct] });
    cleanUp.after(() => thread.terminate());
    await once(thread, 'online');
    const onlookers = new Onlookers(thread);
    await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
    await onlookers.lap();
    return onlookers;
  }

  /** Adds a listener with a target of its own to the runtime, and starts its clients. */
  static async ofOtherListener(cleanUp: CleanUp, runtime: RuntimeProcess): Promise<Onlookers> {
    const [port, web] = [await freePort(), await startTarget(cleanUp, WEB)];
    const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck: { protocol: 'none' } };
    await runtime.done('PUT', '/v1/listeners/other', listener);
    const targets = { web: { address: '127.0.0.1', port: web } };
    await runtime.done('PUT', '/v1/attachments/other', { listenerId: 'other', targets });
    return await Onlookers.start(cleanUp, { proxied: `http://127.0.0.1:${port}/`, direct: `http://127.0.0.1:${web}/` });
  }

  /** Returns what happened since the last call, once the visits that have begun have ended. */
  async lap(): Promise<Lap> {
    const lap = once(this.#thread, 'message');
    this.#thread.postMessage('lap');
    const [[proxied, direct]] = (await lap) as [[Visits, Visits]];
    return { proxied, direct };
  }
}

/** Returns the row that says whether other clients saw no failure and no second of silence. */
export function undisturbed(what: string, { proxied, direct }: Lap): BoundResult {
  const { visits, failures, longestMs } = proxied;
  const reasons = failures.length === 0 ? '' : ` (${[...new Set(failures)].join(', ')})`;
  return {
    what: `${what}: failed requests of another listener's client, of ${visits}; its longest silence`,
    bound: '0; 1 s',
    measured: `${failures.length}${reasons}; ${milliseconds(longestMs)} (${milliseconds(direct.longestMs)} without a proxy)`,
    isMet: failures.length === 0 && longestMs < SILENCE_MS,
  };
}
