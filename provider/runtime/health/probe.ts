// The seam of health checks: one check of one target on a new connection.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import type { CheckResult } from './attempt.ts';

/** One check of a target. The promise never rejects. */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
) => Promise<CheckResult>;
