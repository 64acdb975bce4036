// The plan of a `pulumi up`: traffic before and after it, from a preview and, if one is set, the runtime.

import type { Kind } from '../../model/base/kinds.ts';
import { idOf, keyOf } from '../../model/base/object-key.ts';
import { parentKindsOf } from '../../model/base/references.ts';
import { certificateWarnings } from './certificate-warnings.ts';
import { isChanged, type TargetGroupChange, targetGroupChangesOf } from './changes.ts';
import { type ObjectPlan, objectPlanOf, type PlannedChange, type RuntimeObjects } from './objects.ts';
import { endpointOfListener, type PlanObject } from './plan-object.ts';
import type { Preview } from './preview.ts';
import type { HealthOf, HolderOf } from './served.ts';
import { titleOf } from './titles.ts';
import { planWarnings, type Warning } from './warnings.ts';

/** All objects in the runtime, of every stack, and the holders and the health of its targets. */
export interface RuntimeView {
  readonly objects: RuntimeObjects;
  readonly holderOf: HolderOf;
  readonly healthOf: HealthOf;
}

export interface EndpointMove {
  readonly listener: string;
  /** The listener's endpoint before `pulumi up`. `undefined` if it is not known before `pulumi up`. */
  readonly from: string | undefined;
  /** The listener's endpoint after `pulumi up`. `undefined` if it is not known before `pulumi up`. */
  readonly to: string | undefined;
}

export interface Plan {
  readonly changes: readonly PlannedChange[];
  /** One line for each value that others changed in the runtime. */
  readonly outside: readonly string[];
  readonly moves: readonly EndpointMove[];
  /** The target groups in which something changes. */
  readonly targetGroups: readonly TargetGroupChange[];
  readonly warnings: readonly Warning[];
  /** Why the plan does not know all objects of other stacks, as Markdown. `undefined` if it knows them all. */
  readonly gap: string | undefined;
  /** The health of targets at present. `undefined` if no runtime is known. */
  readonly healthOf: HealthOf | undefined;
  /** The name of the object with a plan key, as after `pulumi up`. */
  readonly nameOf: (key: string) => string;
  /**
   * The endpoint of a listener after `pulumi up`, or before `pulumi up` if the listener is deleted. Returns
   * `undefined` if it is not known.
   */
  readonly endpointOf: (listener: PlanObject) => string | undefined;
}

export function planOf(preview: Preview, runtime: RuntimeView | undefined, nowMs: number): Plan {
  const objects = objectPlanOf(preview, runtime?.objects);
  const targetGroups = targetGroupChangesOf(objects, runtime?.holderOf ?? (() => undefined), nowMs);
  return {
    changes: objects.changes,
    outside: objects.outside,
    moves: movesIn(objects),
    targetGroups: targetGroups.filter(isChanged),
    warnings: [...planWarnings(objects, targetGroups), ...certificateWarnings(objects.after, preview.notes, nowMs)],
    gap:
      runtime === undefined
        ? 'no runtime is set by `weir:endpoint`, `WEIR_ENDPOINT` or `--endpoint`'
        : gapIn(objects, runtime),
    healthOf: runtime?.healthOf,
    nameOf: (key) => (objects.after.get(key) ?? objects.before.get(key))?.name ?? idOf(key),
    endpointOf: (listener) =>
      endpointOfListener(objects.after, listener) ?? endpointOfListener(objects.before, listener),
  };
}

/**
 * The reason why the plan may miss attachments of other stacks: a token that cannot read all objects of this stack
 * cannot read what other stacks bound to them either. Returns `undefined` if all objects are readable.
 */
function gapIn({ before }: ObjectPlan, { objects }: RuntimeView): string | undefined {
  const listed = new Set([...objects].flatMap(([kind, all]) => all.map(({ id }) => keyOf(kind, id))));
  const isOfLoadBalancer = (kind: Kind) => kind === 'load-balancers' || parentKindsOf(kind).length > 0;
  const hidden = [...before.values()].find(({ kind, key }) => isOfLoadBalancer(kind) && !listed.has(key));
  return hidden && `${titleOf(hidden)} is not in the runtime (preview with --refresh), or not for this token`;
}

/**
 * The listeners whose endpoint moves, because the listener or its load balancer changes. Deleted listeners are not
 * among them.
 */
function movesIn({ before, after, changes }: ObjectPlan): EndpointMove[] {
  const keys = new Map([...before.keys()].map((key) => [key, key]));
  for (const { before: was, after: is } of changes) if (was && is) keys.set(was.key, is.key);
  return [...keys].flatMap(([beforeKey, afterKey]) => {
    const [was, is] = [before.get(beforeKey), after.get(afterKey)];
    if (was?.kind !== 'listeners' || is === undefined) return [];
    const [from, to] = [endpointOfListener(before, was), endpointOfListener(after, is)];
    return from === to ? [] : [{ listener: is.name, from, to }];
  });
}
