// The resource AutoScalingAttachment: a change of its parent replaces it, a change of its auto scaling group does not.

import { propertyLine } from '../messages/property-line.ts';
import { isRecord } from '../model/base/record.ts';
import { groupAttachmentSchema } from '../model/objects/group-attachment.ts';
import { hasSameParent, PARENTS } from '../model/objects/parent.ts';
import { HANDOVER_SECONDS, toMs } from '../model/objects/seconds.ts';
import { DEFAULT_WEIGHT } from '../model/objects/target-attachment.ts';
import { type MemberFault, memberFaults } from '../model/rules/eligibility.ts';
import { ownResponseProblems } from '../model/rules/own-responses.ts';
import { parentTypeProblems } from '../model/rules/parents.ts';
import { portProblems } from '../model/rules/ports.ts';
import type { Checked } from '../program/checked.ts';
import { duplicateTargetProblems } from '../program/uniqueness.ts';
import type { ResourceDescription } from './description.ts';

export const autoScalingAttachment: ResourceDescription<'group-attachments'> = {
  type: 'AutoScalingAttachment',
  kind: 'group-attachments',
  // The model leaves an unset weight unset. For a diff, an unset weight is DEFAULT_WEIGHT.
  schema: groupAttachmentSchema.extend({ weight: groupAttachmentSchema.shape.weight.default(DEFAULT_WEIGHT) }),
  identity: [...PARENTS],
  // Members are not outputs of an auto scaling attachment, because each server that joins the group would be drift.
  outputs: [],
  waitMs: ({ awaitDrainSeconds = 0 }) => toMs(HANDOVER_SECONDS + Number(awaitDrainSeconds)),
  changeLine: (name, olds, news) => propertyLine(name, ['groupId', 'port', 'weight'], olds, news),
  problems: (checked) => {
    const { program, news } = checked;
    const attachment = { kind: 'group-attachments', properties: news } as const;
    return [
      ...parentTypeProblems(program, news),
      ...ownResponseProblems(program, news),
      ...portProblems(program, attachment),
      ...duplicateTargetProblems(checked, attachment, () => 'groupId'),
      ...newMemberFaults(checked).map(({ code, reason }) => {
        return { path: 'groupId', message: `has a member that cannot be bound: ${reason}`, code };
      }),
    ];
  },
};

/**
 * Faults of members that the attachment newly binds. Returns no faults if servers join the auto scaling group through
 * the API, because each member may be bound already.
 */
function newMemberFaults({ program, news, olds = {} }: Checked): MemberFault[] {
  const attachment = { kind: 'group-attachments', properties: news } as const;
  const isAttached = hasSameParent(olds, news) && olds.groupId === news.groupId;
  const before = isAttached ? program.before('groups', news.groupId)?.members : {};
  if (!isRecord(before)) return [];
  const bound = new Set(Object.values(before));
  return memberFaults(program, attachment, (_name, serverId) => !bound.has(serverId));
}
