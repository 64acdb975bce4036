// Rules between an attachment, its parent, and the other attachments of the parent.
import { type Problem, problemsText, problemText, WeirError } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { hasSameParent } from '../../../model/objects/parent.ts';
import { keyConflicts } from '../../../model/objects/target-attachment.ts';
import { bindingProblems, memberFaults } from '../../../model/rules/eligibility.ts';
import { ownResponseProblems } from '../../../model/rules/own-responses.ts';
import { parentTypeProblems } from '../../../model/rules/parents.ts';
import { portProblems } from '../../../model/rules/ports.ts';
import { newTargets } from '../../../model/rules/targets.ts';
import { attachmentsOf, loadBalancerOf, resolvedTargets, targetSourcesOf } from '../../stored/attachments.ts';
import { lookupIn } from '../../stored/lookup.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { Attachment, StoredObject } from '../../stored/object.ts';
import { isSameStack, ownerName } from '../../stored/owner.ts';
import { nameOf } from '../../stored/references.ts';
import { hasMoved } from '../../stored/servers.ts';

/** Maximum number of targets that are named in warnings; further targets are only counted. */
const MAX_WARNINGS = 10;

/**
 * The state of a written attachment: since which model version it binds each target key, and who bound the key.
 * `caller`: id of the token that writes; `undefined` for the administrator.
 */
export function bindingState(
  view: ModelView,
  next: Attachment,
  before: Attachment | undefined,
  caller: string | undefined,
): BindingState {
  const targets = resolvedTargets(view, next);
  const isInPlace = before !== undefined && hasSameParent(before.properties, next.properties);
  // Most writes change no key. The state of the attachment has the keys of its present properties.
  const former = isInPlace && before.properties !== next.properties ? resolvedTargets(view, before) : [];
  const isSame = former.length > 0 && former.length === targets.length;
  if (isInPlace && isSame && targets.every(({ key }, at) => key === former[at]?.key)) return before.state;
  // Collects the target keys in a set, because two members of a group may have the same target key.
  const keys = new Set(targets.map(({ key }) => key));
  const { boundSince: old, boundBy: oldBy = {} } = before?.state ?? { boundSince: {} };
  const oldKeys = Object.keys(old);
  if (isInPlace && oldKeys.length === keys.size && oldKeys.every((key) => keys.has(key))) return before.state;
  const boundSince = Object.fromEntries([...keys].map((key) => [key, old[key] ?? view.version + 1]));
  // Who moves an attachment binds all of its targets anew.
  const isKept = (key: string) => isInPlace && old[key] !== undefined;
  const boundBy = [...keys].flatMap((key): [string, string][] => {
    const token = isKept(key) ? oldBy[key] : caller === next.createdBy ? undefined : (caller ?? '');
    return token === undefined ? [] : [[key, token]];
  });
  return boundBy.length === 0 ? { boundSince } : { boundSince, boundBy: Object.fromEntries(boundBy) };
}

type BindingState = Attachment['state'];

/** An object besides the attachment itself that decides which target keys the attachment binds. */
type Part = StoredObject<'backend-servers'> | StoredObject<'groups'> | StoredObject<'load-balancers'>;

/** Updates the bound target keys of every attachment that depends on a changed server, group or load balancer. */
export function renewBoundSince(draft: Draft, part: Part, caller: string | undefined): void {
  for (const attachment of dependents(draft, part)) {
    const state = bindingState(draft, attachment, attachment, caller);
    if (state === attachment.state) continue;
    draft.put({ ...attachment, state });
  }
}

/** The attachments whose target keys depend on a server, a group or a load balancer. */
export function dependents(view: ModelView, { kind, id }: Part): Attachment[] {
  return [...attachmentsOf(view)].filter((attachment) => {
    if (kind === 'load-balancers') return attachment.properties.loadBalancerId === id;
    return targetSourcesOf(view, attachment).some((source) => source.kind === kind && source.id === id);
  });
}

/** The property of an attachment, or of its group, that has the targets by name. */
export function mapOf({ kind }: Attachment): 'targets' | 'members' {
  return kind === 'attachments' ? 'targets' : 'members';
}

/** Throws `OwnedByOther` if a server's new address gives a target the same target key as a target of another stack. */
export function refuseServerOfOtherStacks(
  view: ModelView,
  next: StoredObject<'backend-servers'>,
  before: StoredObject<'backend-servers'> | undefined,
): void {
  if (!hasMoved(before, next)) return;
  for (const attachment of dependents(view, next)) refuseTargetsOfOtherStacks(view, attachment, 'addresses');
}

export function attachmentProblems(
  view: ModelView,
  next: StoredObject<'attachments'>,
  before: StoredObject<'attachments'> | undefined,
): Problem[] {
  const lookup = lookupIn(view);
  const misplaced = [...parentTypeProblems(lookup, next.properties), ...ownResponseProblems(lookup, next.properties)];
  if (misplaced.length > 0) return misplaced;
  const targets = resolvedTargets(view, next);
  // Compares target keys only if there are fewer keys than targets, because otherwise no two targets share a key.
  const mayConflict = targets.length > Object.keys(next.state.boundSince).length;
  return [
    ...portProblems(lookup, next),
    ...keyConflicts(mayConflict ? targets.map(({ name, key }) => [name, key]) : []),
    ...bindingProblems(lookup, next, before),
  ];
}

export function groupAttachmentProblems(
  view: ModelView,
  next: StoredObject<'group-attachments'>,
  before: StoredObject<'group-attachments'> | undefined,
): Problem[] {
  const lookup = lookupIn(view);
  const misplaced = [...parentTypeProblems(lookup, next.properties), ...ownResponseProblems(lookup, next.properties)];
  if (misplaced.length > 0) return misplaced;
  const names = new Set(newTargets(lookup, next, before).map(([name]) => name));
  return [...portProblems(lookup, next), ...memberProblems(view, next, names)];
}

/** Problems of the named members of a group that can never be bound to the attachment's load balancer. */
export function memberProblems(
  view: ModelView,
  attachment: StoredObject<'group-attachments'>,
  names: ReadonlySet<string>,
): Problem[] {
  const loadBalancer = loadBalancerOf(view, attachment.properties);
  return memberFaults(lookupIn(view), attachment, (name) => names.has(name)).map(({ name, code, reason }) => {
    const message = `cannot be bound to load balancer ${loadBalancer?.id}: ${reason}`;
    return { path: propertyPath(['members', name]), message, code };
  });
}

/**
 * Throws `OwnedByOther` if an attachment of another stack binds one of the targets to the same parent. Attachments of
 * one stack may overlap while a target moves. `path`: the property that causes the conflict, by default each target.
 */
export function refuseTargetsOfOtherStacks(view: ModelView, next: Attachment, path?: string): void {
  const problems: Problem[] = [];
  const property = mapOf(next);
  for (const other of attachmentsOf(view)) {
    if (other.id === next.id && other.kind === next.kind) continue;
    if (isSameStack(other, next) || !hasSameParent(other.properties, next.properties)) continue;
    for (const { name, key } of resolvedTargets(view, next)) {
      if (other.state.boundSince[key] === undefined) continue;
      const message = `is ${key}, which is bound by ${nameOf({ ...other, owner: undefined })} of ${ownerName(other)}`;
      problems.push({ path: path ?? propertyPath([property, name]), message });
    }
  }
  if (problems.length === 0) return;
  throw new WeirError('OwnedByOther', `${problemsText(problems)}: unbind the target there first`, problems);
}

/** Warnings about bound targets that are ineligible for traffic now, with the reasons. */
export function eligibilityWarnings(view: ModelView, attachment: Attachment): string[] {
  const property = mapOf(attachment);
  const warnings = resolvedTargets(view, attachment).flatMap(({ name, ineligible }) =>
    ineligible === undefined ? [] : [`${propertyPath([property, name])} is ineligible: ${ineligible}`],
  );
  return limited(warnings, `${property} are ineligible`);
}

/** The first warnings of an attachment; the last one counts the others. `what`: what is said of each of those. */
export function limited(warnings: readonly string[], what: string): string[] {
  const left = warnings.length - MAX_WARNINGS;
  return left <= 0 ? [...warnings] : [...warnings.slice(0, MAX_WARNINGS), `${left} more ${what}`];
}

/**
 * Problems of a listener that cannot move to a classic load balancer, because attachments are bound to the listener
 * itself.
 */
export function problemsWithAttachments(view: ModelView, { id, properties }: StoredObject<'listeners'>): Problem[] {
  if (view.get('load-balancers', properties.loadBalancerId)?.properties.type !== 'classic') return [];
  const own = [...attachmentsOf(view)].filter((attachment) => attachment.properties.listenerId === id);
  return own.map((attachment) => ({
    path: 'loadBalancerId',
    message: `names a classic load balancer, and ${nameOf(attachment)} is bound to the listener itself`,
    code: 'OperationFailed.ActionNotSupport',
  }));
}

/** Problems of a load balancer whose new type does not allow the targets of its attachments. */
export function typeProblems(view: ModelView, { id }: StoredObject<'load-balancers'>): Problem[] {
  const own = [...attachmentsOf(view)].filter((attachment) => attachment.properties.loadBalancerId === id);
  return own.flatMap((attachment) =>
    portProblems(lookupIn(view), attachment).map((problem) => {
      return { ...problem, path: 'type', message: `does not fit ${nameOf(attachment)}: ${problemText(problem)}` };
    }),
  );
}
