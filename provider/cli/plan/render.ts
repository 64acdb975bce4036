// A plan as Markdown for a comment on a pull request.
import { counted } from '../../model/base/counted.ts';
import type { TargetGroupChange, TargetOperation, TargetRow } from './changes.ts';
import { headingOf } from './heading.ts';
import { bullets, code, details, markdownTable } from './markdown.ts';
import type { PlannedChange } from './objects.ts';
import type { EndpointMove, Plan } from './plan.ts';
import type { PlanObject } from './plan-object.ts';
import { changedProperties } from './properties.ts';
import type { HealthOf, ServedTarget } from './served.ts';
import { summaryOf, VERBS } from './summary.ts';
import { NOT_KNOWN, type TargetGroup } from './target-groups.ts';
import { nameWithStack, titleOf } from './titles.ts';

/** Longest plan in characters. GitHub refuses comments of more than 65,536 characters. */
const MAX_CHARACTERS = 60_000;
/** The largest number of rows or lines of one list that are in sight. The rest is folded away. */
const MAX_SHOWN = 20;
/** The largest number of properties of one resource in a plan that has to be as short as possible. */
const MAX_PROPERTIES = 5;

/** The verbs that the table of resources shows in another way than the summary. */
const SHOWN_VERBS: Readonly<Partial<Record<PlannedChange['verb'], string>>> = {
  replace: '**replaced**',
  delete: '**deleted**',
  release: 'released: it stays in the runtime (retainOnDelete)',
};

/**
 * How much of a plan is shown: everything, only what is in sight without unfolding, a count for each target group, or
 * no target groups and only some properties of each resource.
 */
const DEPTHS = ['whole', 'top', 'count', 'none'] as const;
type Depth = (typeof DEPTHS)[number];

/** A plan as Markdown, with as much detail as fits into a comment. `stack` is PROJECT/STACK if it is known. */
export function renderPlan(plan: Plan, stack?: string): string {
  let text = '';
  for (const depth of DEPTHS) {
    text = `${[...headingOf(stack), ...partsOf(plan, depth)].join('\n\n')}\n`;
    if (text.length < MAX_CHARACTERS) break;
  }
  return text;
}

function partsOf(plan: Plan, depth: Depth): string[] {
  const count = plan.targetGroups.length;
  const targetGroups =
    depth === 'none'
      ? [
          `${count === 1 ? '1 listener or rule changes' : `${count} listeners and rules change`}, too much for one comment.`,
        ]
      : plan.targetGroups.map((targetGroup) => targetGroupSection(targetGroup, plan, depth));
  const fold = depth === 'whole' ? folded : cut;
  return [
    summaryOf(plan),
    ...(plan.warnings.length === 0 ? [] : [warningBlock(plan, depth)]),
    ...resourceSection(plan, depth, fold),
    ...endpointSection(plan.moves, fold),
    ...outsideSection(plan.outside, fold),
    ...(count === 0 ? [] : [...targetGroups, footerOf(plan)]),
  ];
}

function warningBlock({ warnings }: Plan, depth: Depth): string {
  const shown = depth === 'whole' ? warnings : warnings.slice(0, MAX_SHOWN);
  const more = warnings.length - shown.length;
  const lines = shown.map(({ rule, text }) => `> - **${rule}**: ${text}`);
  return ['> [!WARNING]', ...lines, ...(more === 0 ? [] : [`> - ... and ${counted(more, 'more warning')}`])].join('\n');
}

function resourceSection({ changes, nameOf }: Plan, depth: Depth, fold: Fold): string[] {
  const rows = changes.flatMap((change) => {
    const properties = change.verb === 'delete' || change.verb === 'release' ? [] : changedProperties(change, nameOf);
    // The list of resources leaves out an attachment in which only targets change, because the target groups show its
    // targets.
    if (change.verb === 'update' && properties.length === 0) return [];
    const title = titleOf((change.after ?? change.before) as PlanObject);
    const shown = depth === 'none' ? properties.slice(0, MAX_PROPERTIES) : properties;
    const more = properties.length - shown.length;
    const cells = [...shown, ...(more === 0 ? [] : [`... and ${more} more`])].join(', ');
    return [[title, SHOWN_VERBS[change.verb] ?? VERBS[change.verb], cells]];
  });
  if (rows.length === 0) return [];
  return ['### Resources', fold(rows, (some) => markdownTable(['resource', 'change', 'properties'], some), 'resource')];
}

function outsideSection(lines: readonly string[], fold: Fold): string[] {
  if (lines.length === 0) return [];
  return ['### Changed outside', fold(lines, (some) => bullets(some.map(code)), 'line')];
}

function endpointSection(moves: readonly EndpointMove[], fold: Fold): string[] {
  if (moves.length === 0) return [];
  const rows = moves.map(({ listener, from, to }) => [code(listener), code(from ?? NOT_KNOWN), code(to ?? NOT_KNOWN)]);
  return ['### Endpoints that move', fold(rows, (some) => markdownTable(['listener', 'from', 'to'], some), 'listener')];
}

function targetGroupSection(targetGroup: TargetGroupChange, { gap, endpointOf, healthOf }: Plan, depth: Depth): string {
  const changed = targetGroup.rows.flatMap((row) => row.operations.map((operation) => lineOf(row, operation)));
  const scope = gap === undefined ? '' : ' (this stack only)';
  const origin = targetGroup.after?.isDefault ? ', by the default group of its load balancer' : '';
  const { parent } = (targetGroup.after ?? targetGroup.before) as TargetGroup;
  const title = titleOf(parent);
  const endpoint = parent.kind === 'listeners' ? endpointOf(parent) : undefined;
  const where = endpoint === undefined ? '' : ` at ${code(endpoint)}`;
  const unread = (targetGroup.after?.unread ?? []).map(
    (attachment) => `targets of ${titleOf(attachment)}: ${NOT_KNOWN}`,
  );
  const lines = [...changed, ...unread];
  const head = `### ${title.charAt(0).toUpperCase()}${title.slice(1)}${where}${origin}${scope}`;
  if (depth === 'count')
    return `${head}\n\n${counted(lines.length, 'change')} of ${counted(targetGroup.rows.length, 'target')}.`;
  const fold = depth === 'whole' ? folded : cut;
  const columns = healthOf === undefined ? COLUMNS : [...COLUMNS, HEALTH_COLUMN];
  const rows = byShareChange(targetGroup.rows).map((row) =>
    healthOf === undefined ? rowOf(row) : [...rowOf(row), healthNow(targetGroup, row, healthOf)],
  );
  return [
    head,
    ...(lines.length === 0 ? [] : [fold(lines, bullets, 'change')]),
    ...(rows.length === 0 ? [] : [fold(rows, (some) => markdownTable(columns, some), 'target')]),
  ].join('\n\n');
}

const HEALTH_COLUMN = 'health now';
const COLUMNS = ['target', 'attachment', 'address', 'weight', 'share before', 'share after'];

function lineOf({ before, after }: TargetRow, change: TargetOperation): string {
  const { binding } = (after ?? before) as ServedTarget;
  const name = code(binding.name);
  switch (change.operation) {
    case 'bind':
      return `bind ${name} ${code(placeOf(binding))} weight ${weightOf(binding)} (${nameWithStack(binding.attachment)})`;
    case 'unbind':
      return `unbind ${name} ${code(placeOf(binding))} (${nameWithStack(binding.attachment)})`;
    case 'open':
      return `${name} ${code(placeOf(binding))}: ${NOT_KNOWN}`;
    case 'move':
      return `move ${name} ${code(placeOf(binding))} from ${code(change.from)} to ${code(change.to)}`;
    case 'rename':
      return `rename ${code(change.from)} to ${code(change.to)} ${code(placeOf(binding))}`;
    default:
      return `${change.operation} ${name} ${code(change.from)}→${code(change.to)}`;
  }
}

function rowOf({ before, after, operations }: TargetRow): string[] {
  const of = (value: (served: ServedTarget) => string) => {
    const [old, next] = [before && value(before), after && value(after)];
    return old === undefined || next === undefined || old === next ? (next ?? old ?? '') : `${old}→${next}`;
  };
  const isOpen = operations.some(({ operation }) => operation === 'open');
  const ineligible = (after ?? before)?.binding.ineligible;
  return [
    of(({ binding }) => code(binding.name)),
    of(({ binding }) => nameWithStack(binding.attachment)),
    of(({ binding }) => code(placeOf(binding))),
    of(({ binding }) => weightOf(binding)) + (ineligible === undefined ? '' : ` (${code(ineligible)})`),
    percent(before === undefined ? 0 : before.share),
    isOpen ? NOT_KNOWN : percent(after === undefined ? 0 : after.share),
  ];
}

/** The health of a target that the runtime has, at the time of the plan. */
function healthNow({ before: targetGroup }: TargetGroupChange, { before }: TargetRow, healthOf: HealthOf): string {
  if (targetGroup === undefined || before === undefined) return 'not bound';
  return healthOf(targetGroup.parent.key, before.binding.key ?? '') ?? 'not known';
}

/** The weight of a target as Markdown: a number or the words for an unknown one in plain text, and others as code. */
function weightOf({ shownWeight }: ServedTarget['binding']): string {
  return /^[a-z0-9 ]*$/.test(shownWeight) ? shownWeight : code(shownWeight);
}

function placeOf({ address, port }: ServedTarget['binding']): string {
  if (port === 'none') return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function byShareChange(rows: readonly TargetRow[]): TargetRow[] {
  const change = ({ before, after }: TargetRow) => Math.abs((after?.share ?? 0) - (before?.share ?? 0));
  return rows.length <= MAX_SHOWN ? [...rows] : rows.toSorted((a, b) => change(b) - change(a));
}

type Fold = typeof folded;

/** The first items in sight, and the rest folded away under a line that counts them. */
function folded<T>(items: readonly T[], render: (some: readonly T[]) => string, what: string): string {
  if (items.length <= MAX_SHOWN) return render(items);
  const rest = items.slice(MAX_SHOWN);
  return `${render(items.slice(0, MAX_SHOWN))}\n\n${details(counted(rest.length, `more ${what}`), render(rest))}`;
}

/** The first items in sight, and a line that counts the rest, which is left out. */
function cut<T>(items: readonly T[], render: (some: readonly T[]) => string, what: string): string {
  const more = items.length <= MAX_SHOWN ? '' : `\n\n... and ${counted(items.length - MAX_SHOWN, `more ${what}`)}`;
  return render(items.slice(0, MAX_SHOWN)) + more;
}

function percent(share: number | undefined): string {
  return share === undefined ? NOT_KNOWN : `${Number((share * 100).toFixed(1))} %`;
}

function footerOf({ gap }: Plan): string {
  const whole = 'Shares are by weight over all bound targets, while every target is healthy.';
  const part = `Shares are by weight, while every target is healthy, without targets that other stacks or the API bound: ${gap}.`;
  return `<sub>${gap === undefined ? whole : part}</sub>`;
}
