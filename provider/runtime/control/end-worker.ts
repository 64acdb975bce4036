// Replacement of one worker on request, which succeeds once a new worker serves in its place.
import { WeirError } from '../../model/base/errors.ts';
import type { EngineWorkers } from '../contract/engine-workers.ts';

/** Throws `NotFound` if there is no such worker, and `Timeout` if no new worker serves within `timeoutMs`. */
export async function endWorker(engine: Partial<EngineWorkers>, id: number, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new WeirError('Timeout', `Worker ${id} was ended, but its replacement does not serve yet.`));
  }, timeoutMs);
  try {
    const isThere = await Promise.race([engine.endWorker?.(id), late.promise]);
    if (!isThere) throw new WeirError('NotFound', `There is no worker ${id}.`);
  } finally {
    clearTimeout(timer);
  }
}
