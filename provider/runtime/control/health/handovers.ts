// The hand-overs of a write that replaces targets in traffic by targets of unknown health. Pure.
import { isDeepStrictEqual } from 'node:util';
import { hasSameParent } from '../../../model/objects/parent.ts';
import {
  type HealthCheckSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../../contract/snapshot.ts';
import type { HealthRecord } from '../../health/checker.ts';
import type { ModelView } from '../../stored/model.ts';
import {
  type Attachment,
  isAttachment,
  isAttachmentKind,
  type ObjectChange,
  type StoredObject,
} from '../../stored/object.ts';

/** A hand-over in one target group: new targets replace old ones once one of the new targets is healthy. */
export interface Handover {
  readonly targetGroupId: string;
  readonly check: HealthCheckSnapshot;
  readonly newTargets: readonly TargetSnapshot[];
  /** Target keys of the replaced targets. The hand-over ends when none of the replaced targets is healthy. */
  readonly oldKeys: readonly string[];
  /**
   * Property that the error names if the write fails because no new target is healthy. `undefined` if the write
   * succeeds even if no new target is healthy.
   */
  readonly failsAt: 'targets' | 'members' | undefined;
}

const FAILS_AT = { attachments: 'targets', 'group-attachments': 'members' } as const;

/** Looks up the health record of a target. Returns `undefined` if the target is not bound. */
export type RecordOf = (targetGroupId: string, key: string) => HealthRecord | undefined;

/** Whether the changes can replace targets. Most writes cannot, so no snapshots need to be compared for them. */
export function changesBindings(before: ModelView, changes: readonly ObjectChange[]): boolean {
  return changes.some((change) => {
    if ('delete' in change) return isAttachmentKind(change.delete.kind);
    const { put } = change;
    if (put.kind === 'listeners') return before.get(put.kind, put.id) !== undefined;
    return isAttachment(put) && !isBoundAlike(put, before.get(put.kind, put.id));
  });
}

/**
 * The hand-overs that a change from snapshot `before` to `after` needs. `written`: the object that was put; `undefined`
 * for a delete.
 */
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
  const failsAt = writer && FAILS_AT[writer.kind];

  const names = new Map([...served.targets.values()].map((target) => [nameOf(target), target.key]));
  const swaps = able.flatMap((target) => {
    const old = names.get(nameOf(target));
    const isGivenUp = old !== undefined && !stays.has(old) && healthOf(old) === 'healthy';
    if (!isGivenUp || isInTraffic(target)) return [];
    return [{ targetGroupId, check, newTargets: [target], oldKeys: [old], failsAt }];
  });
  if (swaps.length > 0 || able.some(isInTraffic)) return swaps;

  const serving = [...served.targets.values()].filter((target) => target.weight > 0 && isInTraffic(target));
  const newTargets = able.filter(({ key }) => isUntried(recordOf(targetGroupId, key)));
  if (serving.length === 0 || newTargets.length === 0) return [];
  // A write in which an attachment unbinds its own targets succeeds in any case. Targets of other attachments are
  // replaced only by a healthy new target.
  const isUnbound = serving.some(({ attachment }) => attachment === writer?.id);
  const oldKeys = serving.map(({ key }) => key);
  return [{ targetGroupId, check, newTargets, oldKeys, failsAt: isUnbound ? undefined : failsAt }];
}

/** Whether a target has had no check yet: it is not bound, or its first check has not ended. */
function isUntried(record: HealthRecord | undefined): boolean {
  return record === undefined || (record.state.health === 'checking' && record.checkedAtMs === undefined);
}

/** A text that identifies a target by its attachment's id and its name in that attachment. */
function nameOf({ attachment, name }: TargetSnapshot): string {
  return JSON.stringify([attachment, name]);
}

function isBoundAlike(attachment: Attachment, before: Attachment | undefined): boolean {
  if (before === undefined || !hasSameParent(attachment.properties, before.properties)) return false;
  return isDeepStrictEqual(attachment.state.boundSince, before.state.boundSince);
}
