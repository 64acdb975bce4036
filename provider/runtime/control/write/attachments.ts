// What holds of an attachment of either kind, its parent and those beside it: claims and refusals for changes.ts.

import { type Problem, problemsText, problemText, WeirError } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { CLASSIC_PARENT, hasSameParent, type ParentIds } from '../../../model/objects/parent.ts';
import { namedBy, type Target, wireConflict } from '../../../model/objects/target-attachment.ts';
import { invalid } from '../../../model/objects/validate.ts';
import { lastingFault } from '../../../model/rules/eligibility.ts';
import { memberPortProblems, targetPortProblems } from '../../../model/rules/target-port.ts';
import {
  type Binder,
  type Bindings,
  bindersOf,
  loadBalancerOf,
  type ResolvedTarget,
  resolveTargets,
  targetFault,
  wantedTargets,
} from '../../stored/bindings.ts';
import { type Draft, type ModelView, withObject } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack, ownerName } from '../../stored/owner.ts';
import { nameOf, noSuch, referenced } from '../../stored/references.ts';
import { hasMoved } from '../../stored/servers.ts';

/** Of the listeners of a classic load balancer there may be none yet. */
const ANY_PORT = 0;
/** More targets than these are counted. */
const MAX_WARNINGS = 10;

/** Per claim the version at which the binder made it. */
export function claimsOf(view: ModelView, next: Bindings, before: Binder | undefined): Record<string, number> {
  const versionOf = (claim: string) => before?.state.claims[claim] ?? view.version + 1;
  return Object.fromEntries(claimedTargets(view, next).map(({ claim }) => [claim, versionOf(claim)]));
}

function claimedTargets(view: ModelView, binder: Bindings): ResolvedTarget[] {
  const isClassic = loadBalancerOf(view, binder.properties)?.properties.type === 'classic';
  return resolveTargets(view, binder, isClassic ? ANY_PORT : undefined);
}

/** What decides what a binder claims, beside the binder: under a classic load balancer that is an address alone. */
type Part = StoredObject<'backend-servers'> | StoredObject<'groups'> | StoredObject<'load-balancers'>;

/** Gives the binders that this is part of the claims that it means now. */
export function renewClaims(draft: Draft, part: Part): void {
  for (const binder of [...bindersOf(draft)]) {
    if (!isPart(draft, binder, part)) continue;
    const claims = claimsOf(draft, binder, binder);
    if (Object.keys(claims).join() === Object.keys(binder.state.claims).join()) continue;
    draft.put({ ...binder, state: { claims } });
  }
}

function isPart(view: ModelView, binder: Binder, part: Part): boolean {
  if (part.kind === 'load-balancers') return binder.properties.loadBalancerId === part.id;
  if (part.kind === 'groups') return binder.kind === 'group-attachments' && binder.properties.groupId === part.id;
  return wantedTargets(view, binder).some(([, { serverId }]) => serverId === part.id);
}

/** With a new address a server comes to be another target of whatever binds it. */
export function checkServer(
  view: ModelView,
  next: StoredObject<'backend-servers'>,
  before: StoredObject<'backend-servers'> | undefined,
): void {
  if (!hasMoved(before, next)) return;
  const after = withObject(view, next);
  for (const binder of bindersOf(after)) {
    if (isPart(after, binder, next)) refuseForeignClaims(after, binder, 'addresses');
  }
}

export function checkAttachment(
  view: ModelView,
  next: StoredObject<'attachments'>,
  before: StoredObject<'attachments'> | undefined,
): void {
  const loadBalancer = checkedParent(view, next.properties);
  const problems = portProblems(loadBalancer.properties.type === 'classic', next);
  const unknown = Object.entries(next.properties.targets).filter(
    ([, { serverId }]) => serverId !== undefined && view.get('backend-servers', serverId) === undefined,
  );
  for (const [name, { serverId }] of unknown) {
    problems.push(noSuch('backend-servers', String(serverId), propertyPath(['targets', name, 'serverId'])));
  }
  problems.push(...wireConflicts(view, next));
  const unknownNames = new Set(unknown.map(([name]) => name));
  for (const [name, target] of newTargets(view, next, before)) {
    if (unknownNames.has(name)) continue;
    const fault = targetFault(view, target, loadBalancer.properties);
    if (fault === undefined) continue;
    const message = `cannot be bound: ${fault.reason}`;
    problems.push({ path: propertyPath(['targets', name]), message, code: fault.code });
  }
  if (problems.length > 0) throw invalid(problems);
  refuseForeignClaims(view, next);
}

/** What a binder asks for that it did not ask for before, whatever its name, weight and description: what it newly binds. */
function newTargets(view: ModelView, next: Bindings, before: Bindings | undefined): [string, Target][] {
  const bound = new Set(before === undefined ? [] : wantedTargets(view, before).map(([, target]) => namedBy(target)));
  return wantedTargets(view, next).filter(([, target]) => !bound.has(namedBy(target)));
}

export function checkGroupAttachment(
  view: ModelView,
  next: StoredObject<'group-attachments'>,
  before: StoredObject<'group-attachments'> | undefined,
): void {
  const loadBalancer = checkedParent(view, next.properties);
  referenced(view, 'groups', next.properties.groupId, 'groupId');
  const problems = portProblems(loadBalancer.properties.type === 'classic', next);
  const names = new Set(newTargets(view, next, before).map(([name]) => name));
  problems.push(...memberProblems(view, next, names));
  if (problems.length > 0) throw invalid(problems);
  refuseForeignClaims(view, next);
}

/**
 * Why members that join may never take the traffic of what the group is attached to. One that starts, or whose state
 * forbids it for now, is none: it comes in by itself.
 */
export function memberProblems(
  view: ModelView,
  attachment: StoredObject<'group-attachments'>,
  names: ReadonlySet<string>,
): Problem[] {
  const loadBalancer = loadBalancerOf(view, attachment.properties);
  if (loadBalancer === undefined) return [];
  return wantedTargets(view, attachment).flatMap(([name, { serverId }]) => {
    const server = serverId === undefined ? undefined : view.get('backend-servers', serverId);
    if (server === undefined || !names.has(name)) return [];
    const fault = lastingFault(server.properties, loadBalancer.properties);
    if (fault === undefined) return [];
    const message = `cannot be bound to load balancer ${loadBalancer.id}: server ${serverId} ${fault.reason}`;
    return [{ path: propertyPath(['members', name]), message, code: fault.code }];
  });
}

/** The load balancer of the parent that is named; throws where there is none, or it has none of its own. */
function checkedParent(view: ModelView, { ruleId, ...parent }: ParentIds): StoredObject<'load-balancers'> {
  const rule = ruleId === undefined ? undefined : referenced(view, 'rules', ruleId, 'ruleId');
  const listenerId = rule?.properties.listenerId ?? parent.listenerId;
  const listener = listenerId === undefined ? undefined : referenced(view, 'listeners', listenerId, 'listenerId');
  const loadBalancerId = listener?.properties.loadBalancerId ?? parent.loadBalancerId ?? '';
  const loadBalancer = referenced(view, 'load-balancers', loadBalancerId, 'loadBalancerId');
  if (loadBalancer.properties.type === 'classic' && listenerId !== undefined) {
    throw invalid([CLASSIC_PARENT]);
  }
  return loadBalancer;
}

/** Names that mean one wire identity once their servers are looked up. */
function wireConflicts(view: ModelView, next: StoredObject<'attachments'>): Problem[] {
  const first = new Map<string, string>();
  return claimedTargets(view, next).flatMap(({ name, claim }) => {
    const other = first.get(claim);
    if (other === undefined) first.set(claim, name);
    return other === undefined ? [] : [wireConflict(name, other, claim)];
  });
}

/** A wire identity belongs to one stack; within a stack attachments may overlap while a target moves. `path`: of what brings it there. */
export function refuseForeignClaims(view: ModelView, next: Binder, path?: string): void {
  const problems: Problem[] = [];
  const property = next.kind === 'attachments' ? 'targets' : 'members';
  const targets = claimedTargets(view, next);
  for (const other of bindersOf(view)) {
    if (other.id === next.id && other.kind === next.kind) continue;
    if (isSameStack(other, next) || !hasSameParent(other.properties, next.properties)) continue;
    for (const { name, claim } of targets) {
      if (other.state.claims[claim] === undefined) continue;
      const message = `is ${claim}, which is bound by ${nameOf({ ...other, owner: undefined })} of ${ownerName(other)}`;
      problems.push({ path: path ?? propertyPath([property, name]), message });
    }
  }
  if (problems.length === 0) return;
  throw new WeirError('OwnedByOther', `${problemsText(problems)}: unbind there first`, problems);
}

/** Which of the bound targets may take no traffic now, and why. */
export function eligibilityWarnings(view: ModelView, binder: Binder): string[] {
  const loadBalancer = loadBalancerOf(view, binder.properties);
  if (loadBalancer === undefined) return [];
  const property = binder.kind === 'attachments' ? 'targets' : 'members';
  const warnings = wantedTargets(view, binder).flatMap(([name, target]) => {
    const fault = targetFault(view, target, loadBalancer.properties);
    return fault === undefined ? [] : [`${propertyPath([property, name])} is ineligible: ${fault.reason}`];
  });
  const left = warnings.length - MAX_WARNINGS;
  return left <= 0 ? warnings : [...warnings.slice(0, MAX_WARNINGS), `${left} more of its ${property} are ineligible`];
}

/** What a listener that has attachments of its own cannot move to. */
export function problemsWithAttachments(
  view: ModelView,
  { id }: StoredObject<'listeners'>,
  loadBalancer: StoredObject<'load-balancers'>,
): Problem[] {
  if (loadBalancer.properties.type !== 'classic') return [];
  const own = [...bindersOf(view)].filter(({ properties }) => properties.listenerId === id);
  return own.map((binder) => ({
    path: 'loadBalancerId',
    message: `names a classic load balancer, and ${nameOf(binder)} is bound to the listener itself`,
    code: 'OperationFailed.ActionNotSupport',
  }));
}

/** A load balancer cannot become of a type that its attachments do not fit. */
export function refuseOtherType(view: ModelView, { id, properties }: StoredObject<'load-balancers'>): void {
  const own = [...bindersOf(view)].filter((binder) => binder.properties.loadBalancerId === id);
  const problems = own.flatMap((binder) =>
    portProblems(properties.type === 'classic', binder).map((problem) => {
      return { ...problem, path: 'type', message: `does not fit ${nameOf(binder)}: ${problemText(problem)}` };
    }),
  );
  if (problems.length > 0) throw invalid(problems);
}

function portProblems(isClassic: boolean, { kind, properties }: Bindings): Problem[] {
  return kind === 'attachments' ? targetPortProblems(isClassic, properties) : memberPortProblems(isClassic, properties);
}
