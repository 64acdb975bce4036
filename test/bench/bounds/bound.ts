// A limit that the benchmark checks, in seconds, in bytes or as a ratio, with its measured value.
import type { CleanUp } from '../clean-up.ts';
import type { Programs } from '../programs.ts';

export interface BoundContext {
  readonly programs: Programs;
  /** Ends everything that a measurement has started. The benchmark runs the clean-up after each measurement. */
  readonly cleanUp: CleanUp;
  readonly signal: AbortSignal;
  /** How long slow readers are watched. */
  readonly readerSeconds: number;
}

export interface BoundResult {
  readonly what: string;
  readonly bound: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export type MeasureBound = (context: BoundContext) => Promise<readonly BoundResult[]>;

export function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
