// The result of a soak, and its section of the document.
import { figuresTable } from '../markdown.ts';

export interface SoakResult {
  readonly minutes: number;
  /** Requests of each kind of client, or bytes that came back on a TCP connection. */
  readonly requests: Readonly<Record<string, number>>;
  /** Number of failed requests, and the first of them. */
  readonly failed: number;
  readonly failures: readonly string[];
  /** Reset TCP connections of targets that were unbound or had stopped. */
  readonly resets: number;
  /** UDP responses that are under way in the moment of a take-over are lost, at most one of each client. */
  readonly lostDatagrams: number;
  readonly mayLoseDatagrams: number;
  /** Names of the changes, and how often each was made. */
  readonly changes: Readonly<Record<string, number>>;
  /** Counters of the processes, and the same count by the clients, in the time between two quiet moments of a process. */
  readonly counters: readonly CounterRow[];
  /** Lines of the access log of all processes, and the same count by the clients, in the whole soak. */
  readonly logged: readonly CounterRow[];
  readonly processes: number;
  /** Resident memory in MiB of the process at hand, by minute. */
  readonly memory: readonly MemorySample[];
  /** Growth of the resident memory of the last process over its last half, in MiB an hour. */
  readonly growth: number;
  /** Open file descriptors of the last process without clients and targets, at its begin and at the end. */
  readonly descriptors: { readonly begin: number; readonly end: number };
}

export interface CounterRow {
  readonly what: string;
  readonly counted: number;
  readonly byClients: number;
}

export interface MemorySample {
  readonly minute: number;
  readonly process: number;
  readonly mebibytes: number;
}

/** Growth above this is a leak; below it, the heap may still settle. */
const FLAT_MIB_PER_HOUR = 10;
/** Number of memory samples in the document. */
const SHOWN_SAMPLES = 12;

/** Returns the slope of the least-squares line through memory samples, in MiB an hour. */
export function growthOf(samples: readonly MemorySample[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ minute }) => minute)), mean(samples.map(({ mebibytes }) => mebibytes))];
  const slopes = samples.reduce((sum, { minute, mebibytes }) => sum + (minute - x) * (mebibytes - y), 0);
  const squares = samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
  return squares === 0 ? 0 : (60 * slopes) / squares;
}

export function soakSection(result: SoakResult): string {
  const { minutes, requests, failed, failures, resets, changes, processes, memory, growth, descriptors } = result;
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
      .join(', ');
  const verdict = (isMet: boolean) => (isMet ? '' : '**not met**');
  const counters = ({ what, counted, byClients }: CounterRow) => [
    what,
    'equal',
    `${counted.toLocaleString('en')} and ${byClients.toLocaleString('en')}`,
    verdict(counted === byClients),
  ];
  const rows = [
    [`failed requests of ${total.toLocaleString('en')}`, '0', `${failed}`, verdict(failed === 0)],
    ['reset TCP connections of unbound and of stopped targets', '', `${resets}`, ''],
    [
      'lost datagrams: one of each client at a take-over',
      `at most ${result.mayLoseDatagrams}`,
      `${result.lostDatagrams}`,
      verdict(result.lostDatagrams <= result.mayLoseDatagrams),
    ],
    ...result.counters.map(counters),
    ...result.logged.map(counters),
    [
      'growth of the resident memory of the last process, over its last half',
      `${FLAT_MIB_PER_HOUR} MiB an hour`,
      `${growth.toFixed(1)} MiB an hour`,
      verdict(growth <= FLAT_MIB_PER_HOUR),
    ],
    [
      'open descriptors of the last process without clients and targets: at the end, and at its begin',
      'equal',
      `${descriptors.end} and ${descriptors.begin}`,
      verdict(descriptors.end <= descriptors.begin),
    ],
  ];
  const every = Math.max(1, Math.ceil(memory.length / SHOWN_SAMPLES));
  const shown = memory.filter((_, i) => i % every === 0 || i === memory.length - 1);
  const series = shown.map(({ minute, mebibytes }) => `${mebibytes.toFixed(0)} (${minute.toFixed(0)})`).join(', ');
  const reasons = failures.map((failure) => `- ${failure}`).join('\n');
  return `${minutes} min, processes one after the other: ${processes}. Requests: ${list(requests)}. Changes: ${list(changes)}. Counters are
compared between quiet moments of one process, and the access log over the whole time.

${figuresTable(['Soak', 'Goal', 'Measured', ''], 1, rows)}

Resident memory in MiB (after minutes): ${series}.${reasons === '' ? '' : `\n\nThe first failures:\n\n${reasons}`}`;
}
