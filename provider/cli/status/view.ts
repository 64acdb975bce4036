// The status as lines: what the runtime serves, then each listener with its rules and targets.
import type { StatusResponse } from '../../model/api/status.ts';
import { counted } from '../../model/base/counted.ts';
import { HEALTH_STATES } from '../../model/base/health.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import { targetKey } from '../../model/base/target-key.ts';
import { type Column, laidOut, laidOutLine, layoutOf, type Part } from '../text/columns.ts';
import { textTable } from '../text/table.ts';
import { perSecondText, shareText, sinceOf, untilOf } from './figures.ts';
import { type Filters, isFiltering, unknownTags, unknownValues } from './filters.ts';
import { listenerParts, type RuleOfListener, ruleParts, rulesToShow } from './listener-parts.ts';
import { countsOfTarget, type Rate, type Rates } from './rates.ts';

type Listener = StatusResponse['listeners'][number];
type Target = Listener['targets'][number];

/** Parts of a line that share its width, the cells of a row of targets, or the names of the columns. */
type Content = { readonly parts: readonly Part[] } | { readonly cells: readonly string[] } | { readonly isHead: true };

type Above = readonly [listener: number, columns: number];

export interface Line {
  /** What the line shows, so that it is found again in a later status. */
  readonly key: string;
  readonly content: Content;
  /** Indexes of the lines above a target or rule: that of its listener, and that with the names of the columns. */
  readonly above?: Above;
}

export interface View {
  readonly lines: readonly Line[];
  readonly columns: readonly Column[];
}

interface ViewOptions {
  /** The whole status, of which the filters left the part that is shown. */
  readonly whole: StatusResponse;
  readonly filters: Filters;
  /** The rates to show in place of totals. */
  readonly rates?: Rates;
}

export function viewOf(status: StatusResponse, { whole, filters, rates }: ViewOptions): View {
  const { version, engines, shortages = [], workers, listeners } = status;
  const lines: Line[] = [];
  const add = (key: string, content: Content, above?: Above) =>
    lines.push(above === undefined ? { key, content } : { key, content, above });
  const say = (text: string) => add(text, { parts: [{ text: inOneLine(text) }] });
  for (const { name, acked, lastError } of engines)
    say(`version ${version}, served by ${name}: ${acked}${lastError === null ? '' : ` (${lastError})`}`);
  for (const { resource, count, lastError, lastAt } of shortages)
    say(`short of ${resource}: ${count} times, last ${sinceOf(lastAt)} ago (${lastError})`);
  for (const text of apiWarningsOf(status)) say(text);
  const table = textTable(
    ['worker', 'version', 'connections', 'restarts'],
    workers.map((w) => [w.id, w.version, w.connections, w.restarts]),
  );
  // A token without the permission to see workers gets none.
  if (workers.length > 0)
    for (const [index, line] of table.split('\n').entries()) add(`worker ${index}`, { parts: [{ text: line }] });
  const omitted = listeners.flatMap(({ targets }) => targets).filter(({ areTagsOmitted }) => areTagsOmitted).length;
  if (filters.tags.length > 0 && omitted > 0) say(`The response has no room for the tags of ${omitted} targets.`);
  for (const text of notesOf(status, whole, filters)) say(text);

  const columns = columnsOf(rates !== undefined);
  const targetsOf = new Map(whole.listeners.map((listener) => [listener.id, listener.targets]));
  for (const listener of listeners) {
    add(`${listener.id} above`, { parts: [] });
    const heading = lines.length;
    const key = listener.id;
    add(key, { parts: listenerParts(listener, rates) });
    for (const text of warningsOf(listener)) add(`${key} ${text}`, { parts: [{ text: inOneLine(text) }] });
    const above: Above = [heading, lines.length];
    const byRule = Map.groupBy(listener.targets, ({ rule }) => rule);
    const rules = rulesToShow(listener, byRule.keys());
    const all = targetsOf.get(listener.id) ?? [];
    const rulesWithTargets = new Set(all.map(({ rule }) => rule));
    const addTargets = (rule: RuleOfListener | undefined) => {
      for (const target of byRule.get(rule?.id) ?? []) {
        // The status shows a target that is bound again beside its earlier binding.
        const place = `${key} ${rule?.id ?? ''} ${targetKey(target.address, target.port)} ${target.reason === 'unbound'}`;
        add(
          place,
          {
            cells: cellsOfTarget(
              target,
              rule?.stack ?? listener.stack,
              rates?.ofTarget(listener, target),
              rates !== undefined,
            ),
          },
          above,
        );
      }
    };
    if (listener.targets.length > 0) add(`${key} columns`, { isHead: true }, above);
    else add(`${key} empty`, { parts: [{ text: emptyText(all) }] }, above);
    addTargets(undefined);
    for (const rule of rules) {
      add(`${key} ${rule.id}`, { parts: ruleParts(rule, listener, rulesWithTargets.has(rule.id)) }, above);
      addTargets(rule);
    }
  }
  return { lines, columns };
}

/** The line in place of targets. `all`: the targets of the listener that the filters may have left out. */
function emptyText(all: readonly Target[]): string {
  return all.length === 0 ? 'no targets' : `${counted(all.length, 'target')}, of which none passes the filters`;
}

function apiWarningsOf({ apiCertificate }: StatusResponse): string[] {
  return (apiCertificate?.warnings ?? []).map((text) => `warning: the certificate of the API ${text}`);
}

function warningsOf({ warnings = [] }: Listener): string[] {
  return warnings.map((text) => `warning: ${text}`);
}

/** How many listeners and targets a status has, and the health of the targets, in one line. */
export function countsText({ listeners }: StatusResponse): string {
  const counts = new Map<string, number>();
  for (const { targets } of listeners)
    for (const { health } of targets) counts.set(health, (counts.get(health) ?? 0) + 1);
  const targets = listeners.reduce((sum, listener) => sum + listener.targets.length, 0);
  const healths = HEALTH_STATES.filter((state) => counts.has(state)).map((state) => `${counts.get(state)} ${state}`);
  const ofTargets = healths.length === 0 ? '' : ` (${healths.join(', ')})`;
  return `listeners: ${listeners.length}, targets: ${targets}${ofTargets}`;
}

/** The texts of a view in at most so many cells a line. `undefined` for no limit. */
export function textsOf({ lines, columns }: View, cells: number | undefined): (index: number) => string {
  const rows = function* () {
    for (const { content } of lines) if ('cells' in content) yield content.cells;
  };
  const layout = layoutOf(columns, rows(), cells);
  const heads = columns.map(({ head }) => head);
  return (index) => {
    const content = lines[index]?.content ?? { parts: [] };
    if ('parts' in content) return laidOutLine(content.parts, cells);
    return laidOut('cells' in content ? content.cells : heads, layout);
  };
}

/** A view as one text. */
export function viewText(view: View, cells: number | undefined): string {
  const textAt = textsOf(view, cells);
  return view.lines.map((_line, index) => `${textAt(index)}\n`).join('');
}

/** Lines about filters that find nothing. */
function notesOf({ listeners }: StatusResponse, whole: StatusResponse, filters: Filters): string[] {
  if (whole.listeners.length === 0) return ['No listeners yet.'];
  const unknown = unknownValues(whole, filters);
  if (listeners.length > 0) return unknown;
  const { tags, ...others } = filters;
  const nothing = isFiltering({ ...others, tags: [] }) ? 'Nothing passes all filters.' : 'Nothing has these tags.';
  return [nothing, ...unknown, ...unknownTags(whole, filters)];
}

function columnsOf(hasRates: boolean): readonly Column[] {
  return [
    { head: 'target', min: 12 },
    // An IPv4 address and its port are never cut.
    { head: 'address', min: 21, rank: 2 },
    { head: 'stack', min: 8, rank: 6, omittedIfEmpty: 'always' },
    { head: 'weight', rank: 1 },
    { head: 'health', min: 9 },
    { head: 'since', rank: 8 },
    { head: hasRates ? 'per s' : 'requests', rank: 3 },
    { head: 'errors', rank: 4 },
    { head: 'active', rank: 7 },
    { head: 'draining', rank: 9, omittedIfEmpty: 'narrow' },
    { head: 'lease', rank: 10, omittedIfEmpty: 'always' },
    { head: 'last error', min: 10, rank: 5, omittedIfEmpty: 'narrow' },
  ];
}

function cellsOfTarget(target: Target, stackAbove: string | undefined, rate: Rate | undefined, hasRates: boolean) {
  const { name, address, port, weight, health, reason, history, activeConnections, draining, lastError = '' } = target;
  const counts = countsOfTarget(target);
  const cells = [
    name,
    targetKey(address, port),
    target.stack === stackAbove ? '' : (target.stack ?? ''),
    weight,
    // The last error of an ineligible target already gives the reason.
    health === 'ineligible' ? health : (reason ?? health),
    sinceOf(history[0]?.at),
    hasRates ? (rate === undefined ? '' : perSecondText(rate.perSecond)) : target.requests,
    hasRates ? (rate?.errorShare === undefined ? '' : shareText(rate.errorShare)) : counts.errors,
    activeConnections,
    draining,
    untilOf(target.lease?.expiresAt),
    lastError,
  ];
  return cells.map((cell) => inOneLine(String(cell)));
}
