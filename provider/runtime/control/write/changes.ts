// The writes of the API as pure changes of a draft: each checks everything first and then puts or deletes one object, or throws.
import { isDeepStrictEqual } from 'node:util';
import { type Problem, problemText, WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../../model/base/kinds.ts';
import { valueIn } from '../../../model/base/record.ts';
import { REFERENCES } from '../../../model/base/references.ts';
import { isExpired } from '../../../model/objects/backend-server.ts';
import { PARENTS } from '../../../model/objects/parent.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';
import {
  type Target,
  type TargetAttachmentProperties,
  targetAttachmentSchema,
} from '../../../model/objects/target-attachment.ts';
import { invalid, rulesProblems, schemaProblems } from '../../../model/objects/validate.ts';
import { backendPortProblems } from '../../../model/rules/ports.ts';
import { attachmentsOf } from '../../stored/attachments.ts';
import { lookupIn } from '../../stored/lookup.ts';
import { membersOf } from '../../stored/members.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { StateOf, StoredObject } from '../../stored/object.ts';
import { ownerName } from '../../stored/owner.ts';
import { existingObject, nameOf, referenced } from '../../stored/references.ts';
import { hasMoved } from '../../stored/servers.ts';
import {
  checkAttachment,
  checkGroupAttachment,
  checkServer,
  claimsOf,
  problemsWithAttachments,
  refuseOtherType,
  renewClaims,
} from './attachments.ts';
import { changeEndpoints, refuseForeignEndpoint, servesSinceOf } from './endpoints.ts';
import { checkRule, problemsWithRules } from './forwarding-rules.ts';
import { checkGroup, groupState } from './groups.ts';
import type { VipPool } from './vip-pool.ts';

export interface PutRequest<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly properties: PropertiesOf<K>;
  /** Undefined: an operator's write, which leaves the owner as it is. */
  readonly owner: string | undefined;
  /** Undefined: the object's own; for a new object `newIncarnation`. */
  readonly incarnation: string | undefined;
  readonly newIncarnation: string;
  /** For sticky cookies that are given no key; an object that has one keeps it. */
  readonly newCookieKey: string;
  /** The time of day. */
  readonly nowMs: number;
  /** Attachments with `manageWeights: false`: bound targets keep the weights that they have. */
  readonly keepsWeights?: boolean;
}

const patchedSchema = targetAttachmentSchema.pick({ targets: true });

/** A merge patch of an attachment's targets: null unbinds, fields that are not named stay, null takes a field away. */
export type TargetsPatch = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

/** Throws where the caller may not make this of the object, or has not seen it as it is. Undefined: there is none. */
export type Precondition = (view: ModelView, before: StoredObject | undefined, after: StoredObject | undefined) => void;

/** Creates or updates; an equal put changes nothing and makes no version. The precondition comes before what tells of other objects. */
export function putObject(
  draft: Draft,
  request: PutRequest,
  pool: VipPool,
  precondition: Precondition = () => {},
): StoredObject {
  const { kind, id } = request;
  const existing = draft.get<Kind>(kind, id);
  const properties = request.keepsWeights ? withBoundWeights(request, existing) : request.properties;
  const next = {
    kind,
    id,
    owner: request.owner ?? existing?.owner,
    incarnation: request.incarnation ?? existing?.incarnation ?? request.newIncarnation,
    version: 0,
    properties,
    state: {},
  } as StoredObject;
  const complete = {
    ...next,
    state: STATE[kind](draft, next as never, existing as never, request, pool),
  } as StoredObject;
  precondition(draft, existing, complete);
  refuseForeign(existing, request);
  const isChange = existing === undefined || !isEqual(existing, complete);
  draft.attempt(() => {
    if (isChange) changeEndpoints(draft, kind, id, () => draft.put(complete));
    CHECKS[kind](draft, complete as never, existing as never);
    if (complete.kind === 'groups' || complete.kind === 'load-balancers') renewClaims(draft, complete);
    if (complete.kind === 'backend-servers' && hasMoved(existing as never, complete)) renewClaims(draft, complete);
  });
  return existingObject<Kind>(draft, kind, id);
}

/** Where the incarnation is given and is not the object's, the object has been created anew since: nothing is done. */
export function deleteObject(draft: Draft, kind: Kind, id: string, incarnation: string | undefined): void {
  const object = existingObject<Kind>(draft, kind, id);
  if (incarnation !== undefined && incarnation !== object.incarnation) return;
  if (object.kind === 'load-balancers' && object.properties.deletionProtection) {
    throw new WeirError(
      'OperationFailed.ActionNotSupport',
      `${KIND_NAMES[kind]} ${id} has deletionProtection: set it to false first`,
    );
  }
  refuseInUse(draft, object);
  changeEndpoints(draft, kind, id, () => draft.delete(kind, id));
}

/** The attachment's properties with the patch merged in; only what the patch names is parsed. Throws every problem. */
export function patchedAttachment(view: ModelView, id: string, patch: TargetsPatch): TargetAttachmentProperties {
  const object = existingObject(view, 'attachments', id);
  const targets: Record<string, Target> = { ...object.properties.targets };
  const problems: Problem[] = [];
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) {
      delete targets[name];
      continue;
    }
    const merged = Object.entries({ ...valueIn(targets, name), ...change });
    const named = { targets: { [name]: Object.fromEntries(merged.filter(([, value]) => value !== null)) } };
    const found = schemaProblems(patchedSchema, named);
    problems.push(...found);
    if (found.length === 0) Object.assign(targets, patchedSchema.parse(named).targets);
  }
  const properties = { ...object.properties, targets };
  if (problems.length === 0) problems.push(...rulesProblems('attachments', properties));
  if (problems.length > 0) throw invalid(problems);
  return properties;
}

/** Another owner may take an object only where it knows its incarnation: then it is the same resource under a new name. */
function refuseForeign(existing: StoredObject | undefined, request: PutRequest): void {
  if (existing === undefined || request.owner === undefined || existing.owner === request.owner) return;
  if (request.incarnation === existing.incarnation) return;
  throw new WeirError(
    'OwnedByOther',
    `The ${KIND_NAMES[existing.kind]} ${existing.id} exists already and belongs to ${ownerName(existing)}: take it out of this program, or give another id.`,
  );
}

function withBoundWeights({ properties }: PutRequest, existing: StoredObject | undefined): PutRequest['properties'] {
  if (existing?.kind !== 'attachments' || !('targets' in properties)) return properties;
  const bound = existing.properties.targets;
  const targets = Object.entries(properties.targets).map(([name, { weight: given, ...target }]) => {
    const before = valueIn(bound, name);
    const weight = before === undefined ? given : before.weight;
    return [name, weight === undefined ? target : { ...target, weight }];
  });
  return { ...properties, targets: Object.fromEntries(targets) };
}

function refuseInUse(view: ModelView, object: StoredObject): void {
  const users = [...usersOf(view, object)];
  if (users.length === 0) return;
  const names = users.map(nameOf);
  throw new WeirError(
    'InUse',
    `The ${KIND_NAMES[object.kind]} ${object.id} is used by ${names.join(', ')}: delete those first.`,
    names.map((message) => ({ path: '', message })),
  );
}

/** The objects that name this one. */
function* usersOf(view: ModelView, { kind, id }: StoredObject): Iterable<StoredObject> {
  for (const listener of view.list('listeners')) {
    if (kind === 'load-balancers' && listener.properties.loadBalancerId === id) yield listener;
  }
  for (const rule of view.list('rules')) if (kind === 'listeners' && rule.properties.listenerId === id) yield rule;
  const parent = PARENTS.find((name) => REFERENCES[name] === kind);
  for (const attachment of attachmentsOf(view)) {
    if (parent !== undefined && attachment.properties[parent] === id) yield attachment;
    else if (kind === 'groups' && attachment.kind === 'group-attachments' && attachment.properties.groupId === id)
      yield attachment;
    else if (kind === 'backend-servers' && attachment.kind === 'attachments') {
      if (Object.values(attachment.properties.targets).some(({ serverId }) => serverId === id)) yield attachment;
    }
  }
  for (const group of view.list('groups')) {
    if (kind === 'backend-servers' && Object.values(membersOf(group)).includes(id)) yield group;
  }
}

type StateBuilders = {
  [K in Kind]: (
    view: ModelView,
    next: StoredObject<K>,
    existing: StoredObject<K> | undefined,
    request: PutRequest,
    pool: VipPool,
  ) => StateOf<K>;
};

const STATE: StateBuilders = {
  'load-balancers': (view, next, existing, _request, pool) => ({ vip: vipOf(view, next, existing, pool) }),
  listeners: (view, next, existing, request) => ({
    ...cookieKeyOf(next, existing, request),
    ...servesSinceOf(view, next, existing),
  }),
  rules: (_view, next, existing, request) => cookieKeyOf(next, existing, request),
  attachments: (view, next, existing) => ({ claims: claimsOf(view, next, existing) }),
  'backend-servers': (_view, next, _existing, { nowMs }) => ({ expired: isExpired(next.properties, nowMs) }),
  groups: (_view, next, existing) => groupState(next, existing),
  'group-attachments': (view, next, existing) => ({ claims: claimsOf(view, next, existing) }),
};

function vipOf(
  view: ModelView,
  { properties, id }: StoredObject<'load-balancers'>,
  existing: StoredObject<'load-balancers'> | undefined,
  pool: VipPool,
): string {
  if (properties.address !== undefined) return properties.address;
  if (existing !== undefined && existing.properties.address === undefined) return existing.state.vip;
  const others = [...view.list('load-balancers')].filter((other) => other.id !== id);
  const vip = pool.next(new Set(others.map((other) => other.state.vip)));
  if (vip === undefined) {
    throw new WeirError('SystemBusy', `The VIP pool ${pool} is used up: give an address, or a larger --vip-pool.`);
  }
  return vip;
}

function cookieKeyOf(
  { properties: { stickySession } }: StoredObject<'listeners' | 'rules'>,
  existing: StoredObject<'listeners' | 'rules'> | undefined,
  { newCookieKey }: PutRequest,
): { cookieKey?: string } {
  if (existing?.state.cookieKey !== undefined) return { cookieKey: existing.state.cookieKey };
  const needsOne = stickySession?.type === 'cookie' && stickySession.cookieKey === undefined;
  return needsOne ? { cookieKey: newCookieKey } : {};
}

type Checks = {
  [K in Kind]: (view: ModelView, next: StoredObject<K>, existing: StoredObject<K> | undefined) => void;
};

const CHECKS: Checks = {
  'load-balancers': checkLoadBalancer,
  listeners: checkListener,
  rules: checkRule,
  attachments: checkAttachment,
  'backend-servers': checkServer,
  groups: checkGroup,
  'group-attachments': checkGroupAttachment,
};

function checkLoadBalancer(view: ModelView, next: StoredObject<'load-balancers'>): void {
  refuseOtherType(view, next);
  const listeners = [...view.list('listeners')].filter(({ properties }) => properties.loadBalancerId === next.id);
  const problems = listeners.flatMap(({ id, properties }) =>
    backendPortProblems(lookupIn(view), properties).map((problem) => {
      return { path: 'type', message: `does not fit listener ${id}: ${problemText(problem)}` };
    }),
  );
  if (problems.length > 0) throw invalid(problems);
  for (const listener of listeners) refuseForeignEndpoint(view, listener, next.state.vip, 'address');
}

function checkListener(view: ModelView, next: StoredObject<'listeners'>): void {
  const { loadBalancerId } = next.properties;
  const loadBalancer = referenced(view, 'load-balancers', loadBalancerId, 'loadBalancerId');
  const problems = problemsWithRules(view, next);
  problems.push(...backendPortProblems(lookupIn(view), next.properties));
  problems.push(...problemsWithAttachments(view, next, loadBalancer));
  if (problems.length > 0) throw invalid(problems);
  refuseForeignEndpoint(view, next, loadBalancer.state.vip, 'port');
}

function isEqual(a: StoredObject, b: StoredObject): boolean {
  const content = ({ owner, incarnation, properties, state }: StoredObject) => [owner, incarnation, properties, state];
  return isDeepStrictEqual(content(a), content(b));
}
