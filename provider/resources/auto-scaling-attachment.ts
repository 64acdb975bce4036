// The auto scaling attachment as a resource: another parent replaces it, and another group takes the place of its own.

import { propertyLine } from '../messages/property-line.ts';
import type { Problem } from '../model/base/errors.ts';
import { isKnown } from '../model/base/unknown.ts';
import { groupAttachmentSchema } from '../model/objects/group-attachment.ts';
import { PARENTS } from '../model/objects/parent.ts';
import { DEFAULT_WEIGHT } from '../model/objects/target-attachment.ts';
import { memberPortProblems } from '../model/rules/target-port.ts';
import { memberClaimProblems } from '../program/claims.ts';
import { memberEligibilityProblems } from '../program/eligibility.ts';
import { classicProblems, isClassic } from '../program/parent.ts';
import type { Properties } from '../properties/properties.ts';
import type { ResourceDescription } from './description.ts';

export const autoScalingAttachment: ResourceDescription = {
  type: 'AutoScalingAttachment',
  kind: 'group-attachments',
  // As of a target: the model leaves an unset weight unset.
  schema: groupAttachmentSchema.extend({ weight: groupAttachmentSchema.shape.weight.default(DEFAULT_WEIGHT) }),
  identity: [...PARENTS],
  // Which members there are is the group's: as outputs they would be drift whenever one joins.
  outputs: [],
  changeLine: (name, olds, news) => propertyLine(name, ['groupId', 'port', 'weight'], olds, news),
  problems: (checked) => [
    ...classicProblems(checked.program, checked.news),
    ...portProblems(isClassic(checked.program, checked.news), checked.news),
    ...memberClaimProblems(checked),
    ...memberEligibilityProblems(checked),
  ],
};

function portProblems(isClassic: boolean | undefined, news: Properties): Problem[] {
  return isClassic === undefined || !isKnown(news.port) ? [] : memberPortProblems(isClassic, news);
}
