// Transfer of a VIP:port to a waiting listener, due as soon as no request is lost or sent to wrong targets. Pure.
import { routeKey } from '../../../model/base/route-key.ts';
import type { HealthView } from '../../contract/engine.ts';
import {
  type ListenerSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  takesTraffic,
  targetGroupsOf,
} from '../../contract/snapshot.ts';
import { attachmentWithId } from '../../stored/attachments.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import { isSameStack } from '../../stored/owner.ts';
import { letServe } from './endpoints.ts';

/** Route key of the listener's own targets, which get the requests that no rule matches. */
const OWN = '';

/** Makes each waiting listener whose transfer is due serve its VIP:port. `snapshot`: compiled from `draft`. */
export function transferInDraft(draft: Draft, snapshot: Snapshot, health: HealthView): boolean {
  const due = dueTransfers(draft, snapshot, health);
  for (const id of due) {
    const listener = draft.get('listeners', id);
    if (listener !== undefined) letServe(draft, listener);
  }
  return due.length > 0;
}

/**
 * Ids of the waiting listeners that may take over their VIP:port, at most one for each VIP:port. A waiting listener
 * that has served before gave its VIP:port to the serving listener. It takes over again only if the serving listener
 * has no targets, as after a reverted rename.
 */
export function dueTransfers(view: ModelView, { listeners, waiting }: Snapshot, health: HealthView): string[] {
  const due = new Map<ListenerSnapshot, string>();
  for (const candidate of waiting.values()) {
    const serving = [...listeners.values()].find(({ address, port }) => {
      return port === candidate.port && address === candidate.address;
    });
    if (serving === undefined || due.has(serving)) continue;
    const hasServed = view.get('listeners', candidate.id)?.state.servesSince !== undefined;
    const isUsed = targetGroupsOf(serving).some(
      ({ targets, actions }) => targets.size > 0 || actions?.own !== undefined,
    );
    if (hasServed && isUsed) continue;
    if (!keepsForeign(view, candidate, serving, health)) continue;
    if (canReplace(routesInTraffic(candidate, health), routesInTraffic(serving, health)))
      due.set(serving, candidate.id);
  }
  return [...due.values()];
}

/**
 * Whether a waiting listener can replace the serving listener: either every route in traffic stays in traffic, or only
 * the waiting listener has targets of its own in traffic.
 */
function canReplace(routes: ReadonlySet<string>, served: ReadonlySet<string>): boolean {
  if (routes.size === 0) return false;
  return [...served].every((route) => routes.has(route)) || (routes.has(OWN) && !served.has(OWN));
}

/** Whether the waiting listener has every attachment of another stack that has targets in traffic, at its route. */
function keepsForeign(
  view: ModelView,
  candidate: ListenerSnapshot,
  serving: ListenerSnapshot,
  health: HealthView,
): boolean {
  const listener = view.get('listeners', serving.id);
  if (listener === undefined) return true;
  const kept = attachmentsInTraffic(candidate, health);
  return [...attachmentsInTraffic(serving, health)].every(([route, ids]) =>
    [...ids].every((id) => {
      const attachment = attachmentWithId(view, id);
      return attachment === undefined || isSameStack(attachment, listener) || kept.get(route)?.has(id);
    }),
  );
}

/** The keys of the listener's routes that have at least one target in traffic, or whose rule responds itself. */
function routesInTraffic(listener: ListenerSnapshot, health: HealthView): ReadonlySet<string> {
  return new Set(attachmentsInTraffic(listener, health).keys());
}

/** The ids of the attachments with targets in traffic, by the key of their route. */
function attachmentsInTraffic(
  { targetGroup, rules }: ListenerSnapshot,
  health: HealthView,
): ReadonlyMap<string, ReadonlySet<string>> {
  const routes = new Map<string, Set<string>>();
  const add = (route: string, { id, targets }: TargetGroupSnapshot) => {
    for (const { key, weight, attachment } of targets.values()) {
      if (weight === 0 || !takesTraffic(health(id, key))) continue;
      const ids = routes.get(route) ?? new Set();
      routes.set(route, ids.add(attachment));
    }
  };
  for (const rule of rules) {
    if (rule.targetGroup.actions?.own !== undefined) routes.set(routeKey(rule), new Set());
    add(routeKey(rule), rule.targetGroup);
  }
  add(OWN, targetGroup);
  return routes;
}
