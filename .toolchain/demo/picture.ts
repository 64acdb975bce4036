// The picture of one listener's shares, for a terminal of 80 columns and readable without colour.
import type { Share } from './shares.ts';
import { sendsOf, type Tally } from './traffic.ts';

const BAR = 40;
const MAX_NAME = 14;

/** Gives a text the colour of a target. Returns the text unchanged if there are no colours. */
export type Paint = (name: string, text: string) => string;

export function picture(
  endpoint: string,
  shares: readonly Share[],
  { failures }: Tally,
  paint: Paint = (_name, text) => text,
): string {
  const width = Math.max(6, ...shares.map(({ name }) => Math.min(name.length, MAX_NAME)));
  const scale = Math.max(...shares.flatMap(({ due, got }) => [due, got]), 0);
  const rows = shares.map(({ name, weight, due, got, remark }) => {
    const drawn = remark === '' ? paint(name, bar(got, due, scale)) : remark;
    const shownName = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name.padEnd(width);
    return `  ${paint(name, shownName)}  ${`${weight}`.padStart(6)}  ${percent(due)}  ${percent(got)}  ${drawn}`;
  });
  const wrong = [...failures].map(([reason, times]) => `  ${times} of ${sendsOf(endpoint)}: ${reason}`);
  return [
    `${sendsOf(endpoint)} to ${endpoint}`,
    '',
    `  ${'target'.padEnd(width)}  weight   due   got  █ got  │ due`,
    ...rows,
    ...wrong,
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A bar with a mark at the share that was due. The mark stands at the bar's end if the target got what was due. */
export function bar(got: number, due: number, scale: number): string {
  const cells = (share: number) => (scale === 0 ? 0 : Math.round((share / scale) * BAR));
  const filled = '█'.repeat(cells(got)).padEnd(BAR);
  return `${filled.slice(0, cells(due))}│${filled.slice(cells(due))}`.trimEnd();
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`.padStart(4);
}
