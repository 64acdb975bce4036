// The auto scaling group as a resource: members that the program names are its own, and where it names none they are not.

import { memberLine } from '../messages/membership-line.ts';
import { isKnown } from '../model/base/unknown.ts';
import { scalingGroupSchema } from '../model/objects/scaling-group.ts';
import type { ResourceDescription } from './description.ts';

export const autoScalingGroup: ResourceDescription<'groups'> = {
  type: 'AutoScalingGroup',
  kind: 'groups',
  schema: scalingGroupSchema,
  identity: [],
  outputs: [],
  // Who has joined through the API is no drift: no `up` may remove it.
  observed: (actual, state) => {
    const { members: _, ...others } = actual;
    return state.members === undefined ? others : actual;
  },
  changeLine: (name, olds, news) => memberLine(name, olds.members, news.members, isKnown),
};
