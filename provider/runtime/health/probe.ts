// The seam of health checks: one check of one target on a new connection.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import type { CheckResult } from './attempt.ts';

/** Keeps the slot of a check for a connection that outlives its result. Call the returned function when that is closed. */
export type HoldSlot = () => () => void;

/** One check of a target. The promise never rejects. */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
  hold?: HoldSlot,
) => Promise<CheckResult>;
