// The seam of health checks: one check of one target on a new connection.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';

/**
 * One check of a target. Resolves with `undefined` if the check passed, else with the problem. The promise never
 * rejects.
 */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
) => Promise<string | undefined>;
