// Durations such as "1h30m" in the form that Pulumi takes for the option customTimeouts, which is that of Go.

const UNIT_MS = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu;
const WHOLE = new RegExp(`^\\+?(?:0|(?:${PART.source})+)$`, 'u');

/** The milliseconds of a duration. Returns `undefined` for a negative one, and for any other value. */
export function durationMs(text: unknown): number | undefined {
  if (typeof text !== 'string' || !WHOLE.test(text)) return undefined;
  const parts = [...text.matchAll(PART)].map(
    ([, number, unit]) => Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS],
  );
  return parts.reduce((sum, ms) => sum + ms, 0);
}
