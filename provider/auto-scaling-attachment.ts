// The auto scaling attachment as a resource: another parent replaces it, and another group takes the place of its own.
import { groupAttachmentSchema } from './model/group-attachment.ts';
import { PARENTS } from './model/parent.ts';
import { DEFAULT_WEIGHT } from './model/target-attachment.ts';
import type { ResourceDescription } from './resource.ts';

export const autoScalingAttachment: ResourceDescription = {
  type: 'AutoScalingAttachment',
  kind: 'group-attachments',
  // As of a target: the model leaves an unset weight unset.
  schema: groupAttachmentSchema.extend({ weight: groupAttachmentSchema.shape.weight.default(DEFAULT_WEIGHT) }),
  identity: [...PARENTS],
  // Which members there are is the group's: as outputs they would be drift whenever one joins.
  outputs: [],
};
