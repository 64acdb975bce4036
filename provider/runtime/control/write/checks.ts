// Checks of a written object against other objects: references must exist, and each kind adds its own rules.
// These checks throw most errors of a write. Refusals, in contrast, come from the engine after all checks have passed.
import { type Problem, problemText } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { invalid } from '../../../model/objects/validate.ts';
import { backendPortProblems } from '../../../model/rules/ports.ts';
import { lookupIn } from '../../stored/lookup.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { noSuch } from '../../stored/references.ts';
import {
  attachmentProblems,
  groupAttachmentProblems,
  problemsWithAttachments,
  refuseServerOfOtherStacks,
  refuseTargetsOfOtherStacks,
  typeProblems,
} from './attachments.ts';
import { refuseForeignEndpoint } from './endpoints.ts';
import { problemsWithRules, refuseForeignRule, ruleProblems } from './forwarding-rules.ts';
import { groupProblems, refuseMembersOfOtherStacks } from './groups.ts';
import { danglingReferences } from './references.ts';

/** The checks for objects of one kind, made on a view that already contains the object and its parents. */
interface KindChecks<K extends Kind> {
  /** Returns the problems of the object, except references to missing objects. */
  readonly problems?: (view: ModelView, next: StoredObject<K>, before: StoredObject<K> | undefined) => Problem[];
  /** Throws if an object of another owner already has the VIP:port, requests or targets of this object. */
  readonly conflicts?: (view: ModelView, next: StoredObject<K>, before: StoredObject<K> | undefined) => void;
}

/** The checks for each kind. Objects of a kind without an entry are only checked for references to missing objects. */
const CHECKS: { readonly [K in Kind]?: KindChecks<K> } = {
  'load-balancers': { problems: loadBalancerProblems, conflicts: refuseForeignEndpoints },
  listeners: {
    problems: listenerProblems,
    conflicts: (view, next) => refuseForeignEndpoint(view, next, 'port'),
  },
  rules: { problems: ruleProblems, conflicts: refuseForeignRule },
  attachments: { problems: attachmentProblems, conflicts: (view, next) => refuseTargetsOfOtherStacks(view, next) },
  'backend-servers': { conflicts: refuseServerOfOtherStacks },
  groups: { problems: groupProblems, conflicts: refuseMembersOfOtherStacks },
  'group-attachments': {
    problems: groupAttachmentProblems,
    conflicts: (view, next) => refuseTargetsOfOtherStacks(view, next),
  },
};

/** Throws one error with every problem of the object, or the first conflict with another owner. */
export function checkObject(view: ModelView, next: StoredObject, before: StoredObject | undefined): void {
  const checks: KindChecks<never> = CHECKS[next.kind] ?? {};
  const dangling = danglingReferences(view, next);
  const problems = dangling.map(({ path, kind, id }) => noSuch(kind, String(id), propertyPath(path)));
  // An object without its parent cannot be checked further. A missing server affects only its own target.
  const isPlaced = dangling.every(({ path }) => path.length > 1);
  if (isPlaced) problems.push(...(checks.problems?.(view, next as never, before as never) ?? []));
  if (problems.length > 0) throw invalid(problems);
  checks.conflicts?.(view, next as never, before as never);
}

function loadBalancerProblems(view: ModelView, next: StoredObject<'load-balancers'>): Problem[] {
  const ofListeners = listenersOf(view, next).flatMap(({ id, properties }) =>
    backendPortProblems(lookupIn(view), properties).map((problem) => {
      return { path: 'type', message: `does not fit listener ${id}: ${problemText(problem)}` };
    }),
  );
  return [...typeProblems(view, next), ...ofListeners];
}

function refuseForeignEndpoints(view: ModelView, next: StoredObject<'load-balancers'>): void {
  for (const listener of listenersOf(view, next)) refuseForeignEndpoint(view, listener, 'address');
}

function listenersOf(view: ModelView, { id }: StoredObject<'load-balancers'>): StoredObject<'listeners'>[] {
  return [...view.list('listeners')].filter(({ properties }) => properties.loadBalancerId === id);
}

function listenerProblems(view: ModelView, next: StoredObject<'listeners'>): Problem[] {
  return [
    ...problemsWithRules(view, next),
    ...backendPortProblems(lookupIn(view), next.properties),
    ...problemsWithAttachments(view, next),
  ];
}
