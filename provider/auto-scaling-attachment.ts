// The auto scaling attachment as a resource: another parent replaces it, and another group takes the place of its own.
import { memberClaimProblems } from './claims.ts';
import { memberEligibilityProblems } from './eligible-targets.ts';
import type { Problem } from './model/errors.ts';
import { groupAttachmentSchema } from './model/group-attachment.ts';
import { PARENTS } from './model/parent.ts';
import { DEFAULT_WEIGHT } from './model/target-attachment.ts';
import { memberPortProblems } from './model/target-port.ts';
import type { Properties } from './normal-form.ts';
import { classicProblems, isClassic } from './parent.ts';
import { propertyLine } from './property-line.ts';
import type { ResourceDescription } from './resource.ts';
import { isKnown } from './unknown.ts';

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
