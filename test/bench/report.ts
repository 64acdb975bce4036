// Writes the result as Markdown, ready for the README.
import type { Machine } from './machine.ts';
import { LARGE_BYTES, type Sample, type ScenarioResult, WAY_NAMES, WAYS, type Way } from './scenarios.ts';
import { median, percentile } from './statistics.ts';
import type { WriteResult } from './writes.ts';
import { CONNECTIONS } from './wrk.ts';

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly writes: readonly WriteResult[];
}

export function renderReport(report: Report): string {
  const parts = [machineLine(report.machine)];
  if (report.scenarios.length > 0) {
    parts.push(dataPlaneTable(report.scenarios), dataPlaneNote(report));
  }
  if (report.writes.length > 0) parts.push(writesTable(report.writes), writesNote(report));
  return `${parts.join('\n\n')}\n`;
}

function machineLine({ date, cpu, cores, kernel, node, haproxy, nginx, wrk, load }: Machine): string {
  const versions = `Node ${node}, HAProxy ${haproxy}, nginx ${nginx}, wrk ${wrk}`;
  return `${date}: ${cpu}, ${cores} cores, ${kernel}, load average ${load.toFixed(1)} before the run; ${versions}.`;
}

function dataPlaneTable(results: readonly ScenarioResult[]): string {
  const rows = results.flatMap((result) =>
    WAYS.filter((way) => result.samples.has(way)).map((way, i) => scenarioRow(result, way, i === 0)),
  );
  const heads = ['Scenario', 'Through', 'Speed to HAProxy', 'CPU to HAProxy', 'Speed', 'p99', 'CPU a request'];
  return table(heads, 2, rows);
}

function scenarioRow({ scenario, samples }: ScenarioResult, way: Way, isFirst: boolean): string[] {
  const of = (which: Way, value: (sample: Sample) => number | undefined) =>
    (samples.get(which) ?? []).map((sample) => value(sample) ?? Number.NaN);
  const speeds = of(way, (sample) => sample.requestsPerSecond);
  const times = of(way, (sample) => sample.cpuMicros);
  const cells = [isFirst ? scenario.title : '', WAY_NAMES[way]];
  cells.push(
    ratioCell(
      speeds,
      of('haproxy', (sample) => sample.requestsPerSecond),
    ),
  );
  cells.push(
    way === 'direct'
      ? ''
      : ratioCell(
          times,
          of('haproxy', (sample) => sample.cpuMicros),
        ),
  );
  const speed = median(speeds);
  cells.push(
    scenario.path === '/large' ? `${digits((speed * LARGE_BYTES) / 1e6)} MB/s` : `${digits(speed / 1000)} k/s`,
  );
  cells.push(`${digits(median(of(way, (sample) => sample.p99Ms)))} ms`);
  cells.push(way === 'direct' ? '' : `${digits(median(times))} µs`);
  return cells;
}

/** Each round's value over HAProxy's of the same round: the median, and the range where there is one. */
function ratioCell(values: readonly number[], bases: readonly number[]): string {
  const ratios = values.map((value, round) => value / (bases[round] ?? Number.NaN));
  const [low, high] = [Math.min(...ratios).toFixed(2), Math.max(...ratios).toFixed(2)];
  const text = median(ratios).toFixed(2);
  return low === high ? text : `${text} (${low}-${high})`;
}

function dataPlaneNote({ rounds, seconds }: Report): string {
  return [
    `wrk -t1 -c${CONNECTIONS}, ${rounds} x ${seconds} s, all in turn in each round; medians, ratios with their range over`,
    'the rounds. Each proxy has one thread, keeps connections to the backend (nginx) alive and sets X-Forwarded-For,',
    '-Proto and -Port; no logs, no health checks. wrk, proxy and backend share the cores: CPU a request (the whole',
    'process, user and system) is the safer figure. More speed is better, less CPU is better.',
  ].join('\n');
}

function writesTable(results: readonly WriteResult[]): string {
  const [base] = results;
  const rows = results.map(({ targets, latenciesMs }) => {
    const [p50, p99] = [median(latenciesMs), percentile(latenciesMs, 99)];
    const ratio = p50 / median(base?.latenciesMs ?? []);
    return [targets.toLocaleString('en'), `${digits(p50)} ms`, `${digits(p99)} ms`, ratio.toFixed(2)];
  });
  return table(['Targets of the listener', 'p50', 'p99', 'p50 to the first'], 0, rows);
}

function writesNote({ writes, machine }: Report): string {
  const count = Math.min(...writes.map(({ latenciesMs }) => latenciesMs.length));
  const note = `One weight changed by PATCH, from the request to the answer: stored, synced and served; ${count} writes each.`;
  return machine.isDataInMemory ? `${note} The data directory was in memory, where a sync costs nothing.` : note;
}

/** Three significant digits, without an exponent. */
function digits(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
}

/** The first `texts` columns are aligned to the left, the others, numbers, to the right. */
function table(heads: readonly string[], texts: number, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
