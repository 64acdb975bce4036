// The warnings of a plan, each with the name by which `--fail-on` selects it.
import { counted } from '../../model/base/counted.ts';
import { isSameStack } from '../../model/base/owners.ts';
import { hasSameParent } from '../../model/objects/parent.ts';
import { ownResponseName } from '../../model/objects/rule-actions.ts';
import { isShareChanged, type TargetGroupChange, type TargetRow } from './changes.ts';
import { code } from './markdown.ts';
import type { ObjectPlan, PlannedChange } from './objects.ts';
import { endpointOfListener, type PlanObject } from './plan-object.ts';
import { weightIn } from './served.ts';
import { listenerOfParent } from './target-groups.ts';
import { nameWithStack, titleOf } from './titles.ts';
import type { WARNING_RULES } from './warning-rules.ts';

/** Limit for the targets that one warning names. Further targets are counted. */
const MAX_NAMED = 5;
const REST_OF_RULE = 'its requests go to other rules and to the listener';

export interface Warning {
  readonly rule: (typeof WARNING_RULES)[number];
  /** A warning of a plan as one line of Markdown. */
  readonly text: string;
}

export function planWarnings(plan: ObjectPlan, targetGroups: readonly TargetGroupChange[]): Warning[] {
  return [
    ...targetGroups.flatMap((targetGroup) => lossesOf(targetGroup)),
    ...targetGroups.flatMap((targetGroup) => boundElsewhere(plan, targetGroup)),
    ...targetGroups.flatMap((targetGroup) => openOrder(plan, targetGroup)),
    ...plan.changes.filter(({ verb }) => verb === 'replace').map((change) => replacement(plan, change)),
    ...plan.changes.filter(({ verb }) => verb === 'delete').flatMap((change) => deletion(plan, targetGroups, change)),
  ];
}

function lossesOf({ before, after, rows }: TargetGroupChange): Warning[] {
  // The targets of a deleted listener or rule are reported with its deletion.
  if (before === undefined || after === undefined) return [];
  // A rule that responds itself from now on loses nothing with its targets.
  if (after.parent.kind === 'rules' && ownResponseName(after.parent.properties) !== undefined) return [];
  const losses = rows.map((row) => lossOf(row));
  const total = losses.reduce((sum, loss) => sum + loss.of, 0);
  const lost = losses.reduce((sum, loss) => sum + loss.lost, 0);
  const warnings: Warning[] = [];
  const title = titleOf(after.parent);
  const left = rows.map(({ after: row }) => (row === undefined ? 0 : weightIn(row.binding)));
  if (total > 0 && after.unread.length === 0 && left.every((weight) => weight === 0)) {
    // A rule without any attachment takes no requests. A rule with attachments but without targets responds with 503.
    const isEnd = after.parent.kind === 'rules' && rows.every(({ after: row }) => row === undefined);
    const outcome = isEnd ? `: ${REST_OF_RULE}` : '';
    warnings.push({ rule: 'no-target', text: `${title} has no target left with weight > 0${outcome}.` });
  }
  if (lost > total / 2 && rows.some(isShareChanged)) {
    const percent = Math.round((lost / total) * 100);
    warnings.push({
      rule: 'over-half',
      text: `${percent} % of the weight of ${title} is removed (${lost} of ${total}).`,
    });
  }
  return warnings;
}

/**
 * The weight of a target before `pulumi up`, and the part of it that `pulumi up` removes. A weight that is not
 * known counts as kept.
 */
function lossOf({ before, after, operations }: TargetRow): { of: number; lost: number } {
  const of = before === undefined ? 0 : (weightIn(before.binding) ?? 0);
  if (operations.some(({ operation }) => operation === 'open')) return { of, lost: 0 };
  const left = after === undefined ? 0 : (weightIn(after.binding) ?? of);
  return { of, lost: Math.max(0, of - left) };
}

/** Warns if the runtime refuses to bind targets, because another stack has bound them to the same parent. */
function boundElsewhere(plan: ObjectPlan, { after: targetGroup, rows }: TargetGroupChange): Warning[] {
  const refused = rows.flatMap(({ before, after }) => {
    const [theirs, own] = [before?.binding.attachment, after?.binding.attachment];
    if (theirs === undefined || own === undefined || before?.binding.key !== after?.binding.key) return [];
    // An attachment that this stack adopts is one of its own afterwards.
    const isForeign = plan.after.get(theirs.key)?.foreignOwner !== undefined && own.foreignOwner === undefined;
    if (!isForeign || isSameStack(theirs, own) || !hasSameParent(theirs.properties, own.properties)) return [];
    return [{ theirs, own, name: after?.binding.name ?? '' }];
  });
  const byAttachments = Map.groupBy(refused, ({ theirs, own }) => `${own.key} ${theirs.key}`);
  return [...byAttachments.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined || targetGroup === undefined) return [];
    const named = all.slice(0, MAX_NAMED).map(({ name }) => code(name));
    if (all.length > MAX_NAMED) named.push(counted(all.length - MAX_NAMED, 'more target'));
    const text =
      `${titleOf(first.own)} is refused while attachment ${nameWithStack(first.theirs)} has bound ` +
      `${named.join(', ')} to ${titleOf(targetGroup.parent)}: unbind the ${all.length === 1 ? 'target' : 'targets'} there first.`;
    return [{ rule: 'bound-elsewhere', text }];
  });
}

/**
 * Warns if all targets that take traffic move from one attachment to another and the preview leaves the order open. The
 * new attachment must bind a target before the old one releases it. Pulumi makes deletions and replacements last, but
 * updates in any order that the dependencies allow.
 */
function openOrder({ changes, dependenciesOf }: ObjectPlan, { before, after, rows }: TargetGroupChange): Warning[] {
  if (before === undefined || after === undefined || before.parent.key !== after.parent.key) return [];
  const takers = rows.filter((row) => row.before !== undefined && weightIn(row.before.binding) !== 0);
  const isOpen = (row: TargetRow) => {
    if (!row.operations.some(({ operation }) => operation === 'move')) return false;
    const old = changes.find(({ before: object }) => object?.key === row.before?.binding.attachment.key);
    const next = changes.find(({ after: object }) => object?.key === row.after?.binding.attachment.key);
    return old?.verb === 'update' && next !== undefined && !dependenciesOf(old.urn)?.has(next.urn);
  };
  if (takers.length === 0 || !takers.every(isOpen)) return [];
  return takers.map(({ before: old, after: next }) => {
    const [from, to] = [old?.binding.attachment.name ?? '', next?.binding.attachment.name ?? ''];
    const subject =
      takers.length === 1
        ? `The only target of ${titleOf(after.parent)}`
        : `With all targets of ${titleOf(after.parent)},`;
    const text =
      `${subject} ${code(old?.binding.name ?? '')} moves from ${code(from)} to ${code(to)}, and the preview does not tell ` +
      `which comes first: give ${code(from)} ${code(`dependsOn: [${to}]`)}, or there may be a moment without a target.`;
    return { rule: 'open-order', text };
  });
}

function replacement(plan: ObjectPlan, { before, after }: PlannedChange): Warning {
  const object = (after ?? before) as PlanObject;
  const text = `${titleOf(object)} is replaced: ${before && after ? meaningOf(plan, before, after) : 'it is created again'}.`;
  return { rule: 'replacement', text };
}

function meaningOf(plan: ObjectPlan, before: PlanObject, after: PlanObject): string {
  switch (after.kind) {
    case 'load-balancers':
      return kept('VIP', before.vip, after.vip, 'listeners move to it one by one');
    case 'listeners': {
      const [old, next] = [endpointOfListener(plan.before, before), endpointOfListener(plan.after, after)];
      return kept('endpoint', old, next, 'the new one takes it over with its first target that takes traffic');
    }
    case 'rules':
      return 'the new rule takes requests once it has targets, the old one until it is deleted';
    case 'attachments':
    case 'group-attachments':
      return 'the new one binds its targets before the old one is deleted';
    default:
      return 'the new one is created before the old one is deleted';
  }
}

function kept(what: string, before: string | undefined, after: string | undefined, how: string): string {
  if (before === undefined || after === undefined) return `whether its ${what} is kept is known after up`;
  if (before === after) return `its ${what} ${code(after)} is kept, and ${how}`;
  return `its ${what} changes, ${code(before)}→${code(after)}`;
}

function deletion(
  plan: ObjectPlan,
  targetGroups: readonly TargetGroupChange[],
  { before: object }: PlannedChange,
): Warning[] {
  if (object === undefined) return [];
  const lostTraffic = targetGroups.flatMap(({ before, after, rows }) => {
    const isLost = rows.some((row) => row.before !== undefined && weightIn(row.before.binding) !== 0);
    const listener = before && after === undefined && isLost ? listenerOfParent(plan.before, before.parent) : undefined;
    return before && listener
      ? [{ listener, keys: [before.parent.key, listener.key, listener.properties.loadBalancerId] }]
      : [];
  });
  const lost = lostTraffic.filter(({ keys }) => keys.includes(object.key)).map(({ listener }) => listener);
  // A rule that is deleted together with its listener is reported with the listener.
  if (lost.length === 0 || (object.kind === 'rules' && lost.every(({ key }) => !plan.after.has(key)))) return [];
  const endpoints = [...new Set(lost)].flatMap((listener) => endpointOfListener(plan.before, listener) ?? []);
  const where = endpoints.length === 0 ? '' : ` at ${endpoints.map(code).join(', ')}`;
  const outcome = object.kind === 'rules' ? `: ${REST_OF_RULE}` : '';
  return [{ rule: 'deletion', text: `${titleOf(object)} is deleted, and it takes traffic${where}${outcome}.` }];
}
