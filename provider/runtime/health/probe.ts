// The seam of a health check: one check of one target, on a connection of its own.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';

/** Resolves with undefined where the check passed, else with what was wrong; never rejects. */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
) => Promise<string | undefined>;
