// Changes of target groups in a plan: targets before and after `pulumi up`, matched by target key.

import type { ObjectPlan } from './objects.ts';
import { endpointOfListener, type Objects, type PlanObject } from './plan-object.ts';
import { type HolderOf, type ServedTarget, servedAfter, servedBefore } from './served.ts';
import { type Binding, listenerOfParent, type TargetGroup, targetGroupsIn } from './target-groups.ts';

export type TargetOperation =
  | { readonly operation: 'bind' | 'unbind' | 'open' }
  | {
      readonly operation: 'move' | 'rename' | 'weight' | 'port' | 'address';
      readonly from: string;
      readonly to: string;
    };

export interface TargetRow {
  readonly before: ServedTarget | undefined;
  readonly after: ServedTarget | undefined;
  readonly operations: readonly TargetOperation[];
}

export interface TargetGroupChange {
  readonly before: TargetGroup | undefined;
  readonly after: TargetGroup | undefined;
  readonly rows: readonly TargetRow[];
}

/**
 * The changes of every target group that exists before or after `pulumi up`. Target groups without a change are
 * included.
 */
export function targetGroupChangesOf(plan: ObjectPlan, holderOf: HolderOf, nowMs: number): TargetGroupChange[] {
  const before = targetGroupsIn(plan.before, nowMs);
  const after = new Map(targetGroupsIn(plan.after, nowMs));
  const successors = successorsIn(plan);
  const changes = [...before].map(([key, targetGroup]) => {
    const afterKey = successors.get(key) ?? key;
    const next = after.get(afterKey);
    after.delete(afterKey);
    const olds = servedBefore(key, targetGroup, holderOf);
    const news = next === undefined ? [] : servedAfter(afterKey, next, before, holderOf);
    return { before: targetGroup, after: next, rows: rowsOf(olds, news, next?.unread ?? [], successors) };
  });
  const created = [...after].map(([key, targetGroup]) => {
    const rows = rowsOf([], servedAfter(key, targetGroup, before, holderOf), [], successors);
    return { before: undefined, after: targetGroup, rows };
  });
  return [...changes, ...created];
}

export function isChanged({ before, after, rows }: TargetGroupChange): boolean {
  const unread = (targetGroup: TargetGroup | undefined) => targetGroup?.unread.map(({ key }) => key).join() ?? '';
  return rows.some(isRowChanged) || unread(before) !== unread(after);
}

function isRowChanged(row: TargetRow): boolean {
  return row.operations.length > 0 || isShareChanged(row);
}

/**
 * Whether a target's share of the traffic changes by more than rounding errors. A share that is not known may change.
 */
export function isShareChanged({ before, after }: TargetRow): boolean {
  const change =
    (after === undefined ? 0 : (after.share ?? Number.NaN)) - (before === undefined ? 0 : (before.share ?? Number.NaN));
  return !(Math.abs(change) < 1e-9);
}

/**
 * Maps the key of each object before `pulumi up` to the key of its successor. The successor of a replaced object is its
 * replacement. The successor of a deleted listener or rule is the new one that takes over its endpoint or matches the
 * same requests, as in a rename without an alias.
 */
function successorsIn({ before, after, changes }: ObjectPlan): ReadonlyMap<string, string> {
  const successors = new Map<string, string>();
  const created = changes.flatMap(({ verb, after: object }) => (verb === 'create' && object ? [object] : []));
  const createdByTraffic = new Map(created.map((object) => [trafficOf(after, object), object.key]));
  for (const { verb, before: was, after: is } of changes) {
    if (was === undefined) continue;
    if (is !== undefined) successors.set(was.key, is.key);
    const traffic = verb === 'delete' ? trafficOf(before, was) : undefined;
    const successor = traffic && createdByTraffic.get(traffic);
    if (successor !== undefined) successors.set(was.key, successor);
  }
  return successors;
}

/**
 * The requests that a listener or rule takes, as one text. Returns `undefined` for objects of other kinds, or if the
 * endpoint is not known.
 */
function trafficOf(objects: Objects, object: PlanObject): string | undefined {
  if (object.kind !== 'listeners' && object.kind !== 'rules') return undefined;
  const listener = listenerOfParent(objects, object);
  const endpoint = listener && endpointOfListener(objects, listener);
  const { host, path, pathMatch } = object.properties;
  return endpoint && JSON.stringify([object.kind, endpoint, host, path, pathMatch]);
}

/**
 * Pairs the targets before and after `pulumi up`: first by target key, whichever attachment binds them, then by
 * attachment and name, as a hand-over replaces them.
 */
function rowsOf(
  olds: readonly ServedTarget[],
  news: readonly ServedTarget[],
  unread: readonly PlanObject[],
  successors: ReadonlyMap<string, string>,
): TargetRow[] {
  const attachmentKey = ({ attachment }: Binding) => successors.get(attachment.key) ?? attachment.key;
  const nameKey = (binding: Binding) => JSON.stringify([attachmentKey(binding), binding.name]);
  const byKey = new Map(news.map((served) => [served.binding.key, served]));
  const matches = new Map<ServedTarget, ServedTarget>();
  const taken = new Set<ServedTarget>();
  const match = (old: ServedTarget, next: ServedTarget | undefined) => {
    if (next === undefined || matches.has(old) || taken.has(next)) return;
    matches.set(old, next);
    taken.add(next);
  };
  for (const old of olds) if (old.binding.key !== undefined) match(old, byKey.get(old.binding.key));
  const byName = new Map(
    news.filter((served) => !taken.has(served)).map((served) => [nameKey(served.binding), served]),
  );
  for (const old of olds) match(old, byName.get(nameKey(old.binding)));
  const isOpen = ({ binding }: ServedTarget) => unread.some(({ key }) => key === attachmentKey(binding));
  const kept = olds.map((before): TargetRow => {
    const after = matches.get(before);
    if (after !== undefined) return { before, after, operations: operationsOf(before.binding, after.binding) };
    return { before, after: undefined, operations: [{ operation: isOpen(before) ? 'open' : 'unbind' }] };
  });
  const bound = news.filter((served) => !taken.has(served));
  return [
    ...kept,
    ...bound.map((after): TargetRow => ({ before: undefined, after, operations: [{ operation: 'bind' }] })),
  ];

  function operationsOf(before: Binding, after: Binding): TargetOperation[] {
    const operations: TargetOperation[] = [];
    const change = (operation: 'move' | 'rename' | 'weight' | 'port' | 'address', from: string, to: string) => {
      if (from !== to) operations.push({ operation, from, to });
    };
    if (attachmentKey(before) !== after.attachment.key) {
      operations.push({ operation: 'move', from: before.attachment.name, to: after.attachment.name });
    }
    change('rename', before.name, after.name);
    change('address', before.address, after.address);
    change('port', before.port, after.port);
    change('weight', before.shownWeight, after.shownWeight);
    return operations;
  }
}
