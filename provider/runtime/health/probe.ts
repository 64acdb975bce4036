// The seam of health checks: one check of one target on a new connection.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';

/** Resolves with `undefined` if the check passed, else with the problem. Never rejects. */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
) => Promise<string | undefined>;
