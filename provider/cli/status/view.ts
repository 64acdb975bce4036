// The status as lines: what the runtime serves, then each listener with its rules and targets.
import type { StatusResponse } from '../../model/api/status.ts';
import { HEALTH_STATES } from '../../model/base/health.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import { targetKey } from '../../model/base/target-key.ts';
import { type Column, laidOut, laidOutLine, layoutOf } from '../text/columns.ts';
import { textTable } from '../text/table.ts';
import { perSecondText, shareText, sinceOf } from './figures.ts';
import { type Filters, isFiltering, unknownTags, unknownValues } from './filters.ts';
import { countsOfListener, countsOfTarget, isHttpEndpoint, type Rate, type Rates } from './rates.ts';

type Listener = StatusResponse['listeners'][number];
type Target = Listener['targets'][number];
type Rule = NonNullable<Listener['rules']>[number];

/** Parts of a line that share its width, the cells of a row of targets, or the names of the columns. */
type Content =
  | { readonly parts: readonly string[] }
  | { readonly cells: readonly string[] }
  | { readonly isHead: true };

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
  const say = (text: string) => add(text, { parts: [inOneLine(text)] });
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
    for (const [index, line] of table.split('\n').entries()) add(`worker ${index}`, { parts: [line] });
  const omitted = listeners.flatMap(({ targets }) => targets).filter(({ areTagsOmitted }) => areTagsOmitted).length;
  if (filters.tags.length > 0 && omitted > 0) say(`The response has no room for the tags of ${omitted} targets.`);
  for (const text of notesOf(status, whole, filters)) say(text);

  const columns = columnsOf(rates !== undefined);
  const wholeById = new Map(whole.listeners.map((listener) => [listener.id, listener]));
  for (const listener of listeners) {
    add(`${listener.id} above`, { parts: [] });
    const heading = lines.length;
    const key = listener.id;
    add(key, { parts: headingOf(listener, rates).map(inOneLine) });
    for (const text of warningsOf(listener)) add(`${key} ${text}`, { parts: [inOneLine(text)] });
    const above: Above = [heading, lines.length];
    const byRule = Map.groupBy(listener.targets, ({ rule }) => rule);
    const rules = rulesOf(listener, byRule.keys());
    const filtered = new Set(wholeById.get(key)?.targets.map(({ rule }) => rule));
    const emptyText = (isFiltered: boolean) => (isFiltered ? 'no targets pass the filters' : 'no targets');
    const addTargets = (rule: Rule | undefined) => {
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
    else add(`${key} empty`, { parts: [emptyText(filtered.size > 0)] }, above);
    addTargets(undefined);
    for (const rule of rules) {
      const empty = byRule.has(rule.id) ? '' : emptyText(filtered.has(rule.id));
      add(`${key} ${rule.id}`, { parts: ruleTexts(rule, listener, empty).map(inOneLine) }, above);
      addTargets(rule);
    }
  }
  return { lines, columns };
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

function headingOf(listener: Listener, rates: Rates | undefined): string[] {
  const { id, endpoint, stack = '', loadBalancer, isWaiting, lastError = '' } = listener;
  const isOfAnother = loadBalancer?.stack !== undefined && loadBalancer.stack !== stack;
  return [
    id,
    endpoint,
    stack,
    isOfAnother ? `on ${loadBalancer.id} of ${loadBalancer.stack}` : '',
    rates === undefined ? totalText(listener) : rateText(listener, rates.ofListener(listener)),
    isWaiting ? 'waits: another listener serves this endpoint' : '',
    lastError,
  ];
}

function unitsOf({ endpoint }: Listener): readonly [of: string, errors: string] {
  if (isHttpEndpoint(endpoint)) return ['requests', 'errors'];
  return [/^udp:/i.test(endpoint) ? 'sessions' : 'connections', 'rejected'];
}

function totalText(listener: Listener): string {
  const counts = countsOfListener(listener);
  const [units, errors] = unitsOf(listener);
  return counts === undefined ? '' : `${counts.total} ${units}, ${counts.errors} ${errors}`;
}

function rateText(listener: Listener, rate: Rate | undefined): string {
  const [units, errors] = unitsOf(listener);
  if (rate === undefined) return '';
  const share = rate.errorShare === undefined ? '' : `, ${shareText(rate.errorShare)} ${errors}`;
  return `${perSecondText(rate.perSecond)} ${units}/s${share}`;
}

/** The listener's rules, with those that the status names only at targets. */
function rulesOf({ rules = [] }: Listener, ids: Iterable<string | undefined>): Rule[] {
  const known = new Set(rules.map(({ id }) => id));
  const others = [...ids].filter((id) => id !== undefined).filter((id) => !known.has(id));
  return [...rules, ...others.map((id) => ({ id, pathMatch: 'prefix' as const, isAttached: true }))];
}

function ruleTexts(
  { id, host = '', path = '', pathMatch, stack, isAttached }: Rule,
  listener: Listener,
  empty: string,
) {
  const match = `${host}${path}${pathMatch === 'exact' ? ' (exact)' : ''}`;
  return [
    `rule ${id}`,
    match,
    stack === listener.stack ? '' : (stack ?? ''),
    isAttached ? '' : 'takes no requests: it has no attachment',
    isAttached ? empty : '',
  ];
}

function columnsOf(hasRates: boolean): readonly Column[] {
  return [
    { head: 'target', min: 12 },
    { head: 'address', min: 14, rank: 2 },
    { head: 'stack', min: 8, rank: 6, omittedIfEmpty: 'always' },
    { head: 'weight', rank: 1 },
    { head: 'health', min: 9 },
    { head: 'since', rank: 8 },
    { head: hasRates ? 'per s' : 'requests', rank: 3 },
    { head: 'errors', rank: 4 },
    { head: 'active', rank: 7 },
    { head: 'draining', rank: 9, omittedIfEmpty: 'narrow' },
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
    lastError,
  ];
  return cells.map((cell) => inOneLine(String(cell)));
}
