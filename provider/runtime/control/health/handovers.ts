// Where a write gives up targets in traffic for others of which nothing is known: found between what is served and what would be. Pure.
import { isDeepStrictEqual } from 'node:util';
import { hasSameParent } from '../../../model/objects/parent.ts';
import {
  type HealthCheckSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../../contract/snapshot.ts';
import type { HealthRecord } from '../../health/monitor.ts';
import { type Attachment, isAttachment, isAttachmentKind } from '../../stored/attachments.ts';
import type { ModelView } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';

/** Some targets of a group that are to serve in place of others; that one of them is well is enough. */
export interface Handover {
  readonly targetGroupId: string;
  readonly check: HealthCheckSnapshot;
  readonly successors: readonly TargetSnapshot[];
  /** While one of those that serve now is healthy there is something to wait for. */
  readonly oldKeys: readonly string[];
  /** The property that names the successors, of a write that is refused where none is well; undefined: it is made in any case. */
  readonly refusedAt: 'targets' | 'members' | undefined;
}

const REFUSED_AT = { attachments: 'targets', 'group-attachments': 'members' } as const;

/** What is known of a target's health; undefined: it is not bound. */
export type RecordOf = (targetGroupId: string, key: string) => HealthRecord | undefined;

/** Whether there is anything to look for: most writes change a weight, or what no target depends on. */
export function changesBindings(before: ModelView, changes: readonly ObjectChange[]): boolean {
  return changes.some((change) => {
    if ('delete' in change) return isAttachmentKind(change.delete.kind);
    const { put } = change;
    if (put.kind === 'listeners') return before.get(put.kind, put.id) !== undefined;
    return isAttachment(put) && !isBoundAlike(put, before.get(put.kind, put.id));
  });
}

/** `written`: the object that is put; undefined: one is deleted. */
export function handoversOf(
  before: Snapshot,
  after: Snapshot,
  written: StoredObject | undefined,
  recordOf: RecordOf,
): Handover[] {
  return [...after.targetGroups.values()].flatMap((targetGroup) => {
    const served = before.targetGroups.get(targetGroup.id);
    if (served === undefined || served === targetGroup) return [];
    return handoversIn(
      served,
      targetGroup,
      written !== undefined && isAttachment(written) ? written : undefined,
      recordOf,
    );
  });
}

function handoversIn(
  served: TargetGroupSnapshot,
  { id: targetGroupId, healthCheck: check, targets }: TargetGroupSnapshot,
  writer: Attachment | undefined,
  recordOf: RecordOf,
): Handover[] {
  if (check === undefined) return [];
  const healthOf = (key: string) => recordOf(targetGroupId, key)?.state.health ?? 'checking';
  const isInTraffic = ({ key }: TargetSnapshot) => takesTraffic(healthOf(key));
  const able = [...targets.values()].filter(({ weight, ineligible }) => weight > 0 && ineligible === undefined);
  const stays = new Set(able.map(({ key }) => key));
  const refusedAt = writer && REFUSED_AT[writer.kind];

  const names = new Map([...served.targets.values()].map((target) => [nameOf(target), target.key]));
  const swaps = able.flatMap((target) => {
    const old = names.get(nameOf(target));
    const isGivenUp = old !== undefined && !stays.has(old) && healthOf(old) === 'healthy';
    if (!isGivenUp || isInTraffic(target)) return [];
    return [{ targetGroupId, check, successors: [target], oldKeys: [old], refusedAt }];
  });
  if (swaps.length > 0 || able.some(isInTraffic)) return swaps;

  const serving = [...served.targets.values()].filter((target) => target.weight > 0 && isInTraffic(target));
  const successors = able.filter(({ key }) => isUntried(recordOf(targetGroupId, key)));
  if (serving.length === 0 || successors.length === 0) return [];
  // A name that goes is unbound; what others have bound goes only for what is well.
  const isUnbound = serving.some(({ attachment }) => attachment === writer?.id);
  const oldKeys = serving.map(({ key }) => key);
  return [{ targetGroupId, check, successors, oldKeys, refusedAt: isUnbound ? undefined : refusedAt }];
}

/** Not bound yet, or in its first check. */
function isUntried(record: HealthRecord | undefined): boolean {
  return record === undefined || (record.state.health === 'checking' && record.checkedAtMs === undefined);
}

/** Who has bound it, and as what. */
function nameOf({ attachment, name }: TargetSnapshot): string {
  return JSON.stringify([attachment, name]);
}

function isBoundAlike(attachment: Attachment, before: Attachment | undefined): boolean {
  if (before === undefined || !hasSameParent(attachment.properties, before.properties)) return false;
  return isDeepStrictEqual(attachment.state.boundSince, before.state.boundSince);
}
