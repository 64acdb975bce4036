// Target groups in which no target takes traffic: the first checks that a stack's write waits for, and warnings.
import { propertyPath } from '../../../model/base/property-path.ts';
import {
  listenerOf,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  takesTraffic,
  targetGroupIdOfRule,
} from '../../contract/snapshot.ts';
import { attachmentsOfGroup } from '../../stored/attachments.ts';
import { bindingsOf } from '../../stored/bindings.ts';
import type { ModelView } from '../../stored/model.ts';
import { type Attachment, isAttachment, type StoredObject } from '../../stored/object.ts';
import type { RunningState } from './running-state.ts';

type Targets = readonly TargetSnapshot[];

/** The targets of one target group that should take traffic, because they have a weight above 0. */
interface WantedTargets {
  readonly targetGroupId: string;
  readonly targets: Targets;
}

type Records = Pick<RunningState, 'targetHealth' | 'healthRecord'>;

/** Limit for the targets that one warning names. Further targets are counted. */
const MAX_NAMED = 5;

/**
 * The targets that a write of this object binds, by target group. Returns none for kinds that bind no targets, and for
 * target groups without a target that should take traffic.
 */
export function wantedBy(view: ModelView, snapshot: Snapshot, object: StoredObject): WantedTargets[] {
  if (isAttachment(object)) return wantedByAttachment(view, object);
  if (object.kind === 'groups') {
    return attachmentsOfGroup(view, object.id).flatMap((attachment) => wantedByAttachment(view, attachment));
  }
  const listener = object.kind === 'listeners' ? listenerOf(snapshot, object.id) : undefined;
  const rule = object.kind === 'rules' ? snapshot.targetGroups.get(targetGroupIdOfRule(object.id)) : undefined;
  return [listener?.targetGroup ?? rule ?? []].flat().flatMap((targetGroup) => wantedIn(targetGroup) ?? []);
}

/** Whether it is known that a target of the target group takes traffic, or that no first check of its targets passed. */
export function isDecided({ targetGroupId, targets }: WantedTargets, records: Records): boolean {
  return (
    targets.some((target) => takes(targetGroupId, target, records)) ||
    targets.every((target) => hasResult(targetGroupId, target, records))
  );
}

/**
 * A warning for an attachment whose targets all take no traffic, in one target group at least. `isLate`: the caller has
 * waited for first checks, so that a missing result counts as a failure.
 */
export function idleAttachmentWarnings(
  view: ModelView,
  attachment: Attachment,
  records: Records,
  isLate: boolean,
): string[] {
  const served = wantedByAttachment(view, attachment);
  const idle = served.filter((wanted) => isIdle(wanted, records, isLate));
  const [first] = idle;
  if (first === undefined) return [];
  const where = served.length === 1 ? '' : ` at ${idle.length} of ${served.length} listeners`;
  const named = first.targets.slice(0, MAX_NAMED).map((target) => {
    const { lastError } = records.targetHealth(first.targetGroupId, target.key);
    const reason = target.ineligible ?? lastError ?? 'its first check has no result yet';
    const map = attachment.kind === 'attachments' ? 'targets' : 'members';
    return `${propertyPath([map, target.name])} (${target.key}): ${reason}`;
  });
  const left = first.targets.length - named.length;
  if (left > 0) named.push(`and ${left} more`);
  return [`no target takes traffic${where}: ${named.join('; ')}`];
}

/** A warning for a target group in which no target takes traffic. It names no targets, which may be another stack's. */
export function idleWarning(
  targetGroup: TargetGroupSnapshot | undefined,
  records: Records,
  isLate: boolean,
): string | undefined {
  const wanted = targetGroup && wantedIn(targetGroup);
  if (wanted === undefined || !isIdle(wanted, records, isLate)) return undefined;
  const { length } = wanted.targets;
  return length === 1 ? 'its only target takes no traffic' : `none of its ${length} targets takes traffic`;
}

function wantedByAttachment(view: ModelView, attachment: Attachment): WantedTargets[] {
  const bindings = bindingsOf(view);
  return bindings.targetGroupsServedBy(attachment).flatMap(({ targetGroupId, fixedPort }) => {
    const targets = bindings.targetsOf(attachment, fixedPort).filter(({ weight }) => weight > 0);
    return targets.length === 0 ? [] : [{ targetGroupId, targets }];
  });
}

function wantedIn({ id, targets }: TargetGroupSnapshot): WantedTargets | undefined {
  const wanted = [...targets.values()].filter(({ weight }) => weight > 0);
  return wanted.length === 0 ? undefined : { targetGroupId: id, targets: wanted };
}

function isIdle({ targetGroupId, targets }: WantedTargets, records: Records, isLate: boolean): boolean {
  return targets.every((target) => {
    if (takes(targetGroupId, target, records)) return false;
    return isLate || hasResult(targetGroupId, target, records);
  });
}

function takes(targetGroupId: string, { key, ineligible }: TargetSnapshot, records: Records): boolean {
  // A target without a record is not served, because its rule is not, say.
  if (records.healthRecord(targetGroupId, key) === undefined) return true;
  return ineligible === undefined && takesTraffic(records.targetHealth(targetGroupId, key).health);
}

function hasResult(targetGroupId: string, { key, ineligible }: TargetSnapshot, records: Records): boolean {
  const record = records.healthRecord(targetGroupId, key);
  return ineligible !== undefined || record?.checkedAtMs !== undefined || record?.state.health !== 'checking';
}
