// What holds of an attachment, its parent and those beside it: claims and refusals for changes.ts.
import { type Problem, WeirError } from '../../model/errors.ts';
import { propertyPath } from '../../model/property-path.ts';
import { invalid } from '../../model/validate.ts';
import type { StoredObject } from '../store/store.ts';
import { groupsServedBy, resolveTargets } from './membership.ts';
import type { ModelView } from './model.ts';
import { isSameStack, ownerName } from './owner.ts';
import { referenced } from './references.ts';

type Attachment = StoredObject<'attachments'>;

/** Per wire identity the version at which the attachment claimed it. */
export function claimsOf(view: ModelView, next: Attachment, existing: Attachment | undefined): Record<string, number> {
  return Object.fromEntries(keysOf(view, next).map((key) => [key, existing?.state.claims[key] ?? view.version + 1]));
}

/** Every wire identity that an attachment claims, under each group that it serves. */
function keysOf(view: ModelView, { properties }: Attachment): string[] {
  const ports = new Set(groupsServedBy(view, properties).map(({ fixedPort }) => fixedPort));
  if (ports.size === 0) ports.add(undefined);
  return [...new Set([...ports].flatMap((port) => resolveTargets(properties, port).map((target) => target.key)))];
}

export function checkAttachment(view: ModelView, next: Attachment): void {
  const { ruleId } = next.properties;
  const rule = ruleId === undefined ? undefined : referenced(view, 'rules', ruleId, 'ruleId');
  const listenerId = next.properties.listenerId ?? rule?.properties.listenerId;
  const listener = listenerId === undefined ? undefined : referenced(view, 'listeners', listenerId, 'listenerId');
  const loadBalancerId = next.properties.loadBalancerId ?? listener?.properties.loadBalancerId ?? '';
  const loadBalancer = referenced(view, 'load-balancers', loadBalancerId, 'loadBalancerId');
  const isClassic = loadBalancer.properties.type === 'classic';
  const problems: Problem[] = [];
  if (isClassic && listenerId !== undefined) {
    problems.push({
      path: 'listenerId',
      message: 'is not for a classic load balancer: bind its targets with loadBalancerId',
      code: 'OperationFailed.ActionNotSupport',
    });
  }
  problems.push(...portProblems(isClassic, next));
  if (problems.length > 0) throw invalid(problems);
  refuseForeignClaims(view, next);
}

/** A wire identity belongs to one stack; within a stack attachments may overlap while a target moves. */
function refuseForeignClaims(view: ModelView, next: Attachment): void {
  const problems: Problem[] = [];
  for (const other of view.list('attachments')) {
    if (other.id === next.id || isSameStack(other, next)) continue;
    const isSameParent =
      other.properties.listenerId === next.properties.listenerId &&
      other.properties.ruleId === next.properties.ruleId &&
      other.properties.loadBalancerId === next.properties.loadBalancerId;
    if (!isSameParent) continue;
    for (const key of Object.keys(next.state.claims)) {
      if (other.state.claims[key] === undefined) continue;
      const message = `has ${key}, which is bound by attachment ${other.id} of ${ownerName(other)}`;
      problems.push({ path: 'targets', message });
    }
  }
  if (problems.length > 0) throw new WeirError('OwnedByOther', problems.map((p) => p.message).join('; '), problems);
}

/** What a listener that has attachments of its own cannot move to. */
export function problemsWithAttachments(
  view: ModelView,
  { id }: StoredObject<'listeners'>,
  loadBalancer: StoredObject<'load-balancers'>,
): Problem[] {
  if (loadBalancer.properties.type !== 'classic') return [];
  const own = [...view.list('attachments')].filter(({ properties }) => properties.listenerId === id);
  return own.map((attachment) => ({
    path: 'loadBalancerId',
    message: `names a classic load balancer, and attachment ${attachment.id} is bound to the listener itself`,
    code: 'OperationFailed.ActionNotSupport',
  }));
}

/** A load balancer cannot become of a type that its attachments do not fit. */
export function refuseOtherType(view: ModelView, { id, properties }: StoredObject<'load-balancers'>): void {
  const own = [...view.list('attachments')].filter((attachment) => attachment.properties.loadBalancerId === id);
  const problems = own.flatMap((attachment) =>
    portProblems(properties.type === 'classic', attachment).map(({ path, message, code }) => {
      return { path: 'type', message: `does not fit attachment ${attachment.id}: ${path} ${message}`, code };
    }),
  );
  if (problems.length > 0) throw invalid(problems);
}

function portProblems(isClassic: boolean, { properties: { targets, defaultPort } }: Attachment): Problem[] {
  const problems: Problem[] = [];
  for (const [name, target] of Object.entries(targets)) {
    if (isClassic && target.port !== undefined) {
      problems.push({
        path: propertyPath(['targets', name, 'port']),
        message: "cannot be given under a classic load balancer: its listeners' backendPort counts",
        code: 'OperationFailed.ActionNotSupport',
      });
    }
    if (!isClassic && target.port === undefined && defaultPort === undefined) {
      problems.push({
        path: propertyPath(['targets', name, 'port']),
        message: 'is required where there is no defaultPort',
      });
    }
  }
  return problems;
}
