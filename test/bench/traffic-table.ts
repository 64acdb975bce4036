// The table of the scenarios of traffic, and the note above it.
import { digits, figuresTable, ratioCell } from './markdown.ts';
import type { Results } from './results.ts';
import { type BenchSample, LARGE_BODY_BYTES, type ScenarioResult, WAY_NAMES, WAYS, type Way } from './scenarios.ts';
import { median } from './statistics.ts';
import { CONNECTIONS } from './wrk.ts';

/** The bases of the ratios in the table, if these ways were measured. */
const BASES = ['haproxy', 'envoy', 'other'] as const;

export function trafficTable(results: readonly ScenarioResult[]): string {
  const bases = BASES.filter((way) => results.some(({ samples }) => samples.has(way)));
  const rows = results.flatMap((result) =>
    WAYS.filter((way) => result.samples.has(way)).map((way, i) => scenarioRow(result, way, bases, i === 0)),
  );
  const compared = bases.flatMap((way) => [`Speed to ${WAY_NAMES[way]}`, `CPU to ${WAY_NAMES[way]}`]);
  return figuresTable(['Scenario', 'Through', ...compared, 'Speed', 'p99', 'CPU a request'], 2, rows);
}

function scenarioRow(
  { scenario, samples }: ScenarioResult,
  way: Way,
  bases: readonly Way[],
  isFirst: boolean,
): string[] {
  const of = (which: Way, value: (sample: BenchSample) => number | undefined) =>
    (samples.get(which) ?? []).map((sample) => value(sample) ?? Number.NaN);
  const speeds = (which: Way) => of(which, (sample) => sample.requestsPerSecond);
  const times = (which: Way) => of(which, (sample) => sample.cpuMicros);
  const speed = median(speeds(way));
  const isDirect = way === 'direct';
  // At one rate for all, a ratio of speeds says nothing.
  const speedCell = (base: Way) => (scenario.isOpenLoop ? '' : ratioCell(speeds(way), speeds(base)));
  return [
    isFirst ? scenario.title : '',
    WAY_NAMES[way],
    ...bases.flatMap((base) => [speedCell(base), isDirect ? '' : ratioCell(times(way), times(base))]),
    scenario.path === '/large' ? `${digits((speed * LARGE_BODY_BYTES) / 1e6)} MB/s` : `${digits(speed / 1000)} k/s`,
    `${digits(median(of(way, (sample) => sample.p99Ms)))} ms`,
    isDirect ? '' : `${digits(median(times(way)))} µs`,
  ];
}

export function trafficNote({ scenarios }: Results): string {
  const all = Object.values(scenarios);
  const rounds = Math.max(...all.flatMap(({ samples }) => Object.values(samples).map(({ length }) => length)));
  const seconds = Math.max(...all.map((each) => each.seconds));
  return `The load is \`wrk -t1 -c${CONNECTIONS}\`, ${rounds} times ${seconds} s for each proxy, and the proxies take turns in each round.
More speed is better, and less CPU is better. *CPU a request* is the time of the whole process, user and system.

Each proxy has one thread, keeps connections to the backend (nginx) alive, and sets \`X-Forwarded-For\`,
\`X-Forwarded-Proto\` and \`X-Forwarded-Port\`. There are no logs and no health checks. The proxy has the last core to itself;
wrk and the backend have the others. TLS handshakes and datagrams come from a client in Node, which is slower than the
proxies: there, only the CPU tells them apart. For POSTs, HAProxy has \`http-reuse never\`, with which each client's connection
keeps one to the backend of its own; Weir opens one for each POST, as HAProxy does in the row with new connections to targets
(\`option http-server-close\`). With two threads, or workers, the proxies share all cores with wrk and the backend. At half
of Weir's highest rate, a client in Node sends requests when they are due, whether responses come or not, and a delay
counts from that moment.`;
}
