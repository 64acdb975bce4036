// Times and rates as the status shows them.

/** A rate with one decimal if it is small. */
export function perSecondText(perSecond: number): string {
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

export function shareText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** The time since `at` in its largest whole unit, such as "3 min". Returns an empty text if `at` is `undefined`. */
export function sinceOf(at: string | undefined): string {
  return at === undefined ? '' : spanText(Date.now() - Date.parse(at));
}

/** The time until `at`, like `sinceOf`. */
export function untilOf(at: string | undefined): string {
  return at === undefined ? '' : spanText(Date.parse(at) - Date.now());
}

function spanText(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  const [size, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];
