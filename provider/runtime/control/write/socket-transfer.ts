// When a waiting listener takes a VIP:port over: as soon as no request is lost or goes elsewhere by it. Pure; for the writer.
import { routeKey } from '../../../model/base/route-key.ts';
import type { HealthView } from '../../contract/engine.ts';
import {
  type ListenerSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  takesTraffic,
  targetGroupsOf,
} from '../../contract/snapshot.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import { letServe } from './endpoints.ts';

/** Of the listener itself, where no rule matches. */
const OWN = '';

/** Lets those of the draft serve that are due; the snapshot is the draft's. */
export function transferSockets(draft: Draft, snapshot: Snapshot, health: HealthView): boolean {
  const due = dueTransfers(draft, snapshot, health);
  for (const id of due) {
    const listener = draft.get('listeners', id);
    if (listener !== undefined) letServe(draft, listener);
  }
  return due.length > 0;
}

/** One that has served before stands back until the other goes, or has no target left: a rename may be taken back. Of each VIP:port at most one. */
export function dueTransfers(view: ModelView, { listeners, waiting }: Snapshot, health: HealthView): string[] {
  const due = new Map<ListenerSnapshot, string>();
  for (const candidate of waiting.values()) {
    const serving = [...listeners.values()].find(({ address, port }) => {
      return port === candidate.port && address === candidate.address;
    });
    if (serving === undefined || due.has(serving)) continue;
    const hasServed = view.get('listeners', candidate.id)?.state.servesSince !== undefined;
    if (hasServed && targetGroupsOf(serving).some(({ targets }) => targets.size > 0)) continue;
    if (canReplace(routesInTraffic(candidate, health), routesInTraffic(serving, health)))
      due.set(serving, candidate.id);
  }
  return [...due.values()];
}

/** It must serve what the other one serves; where that one leaves the most of it to nobody, its own targets are enough. */
function canReplace(routes: ReadonlySet<string>, served: ReadonlySet<string>): boolean {
  if (routes.size === 0) return false;
  return [...served].every((route) => routes.has(route)) || (routes.has(OWN) && !served.has(OWN));
}

/** The routes with a target that takes traffic. */
function routesInTraffic({ targetGroup, rules }: ListenerSnapshot, health: HealthView): ReadonlySet<string> {
  const isInTraffic = ({ id, targets }: TargetGroupSnapshot) =>
    [...targets.values()].some(({ key, weight }) => weight > 0 && takesTraffic(health(id, key)));
  const routes = new Set(rules.filter((rule) => isInTraffic(rule.targetGroup)).map(routeKey));
  if (isInTraffic(targetGroup)) routes.add(OWN);
  return routes;
}
