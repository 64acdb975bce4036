// The auto scaling group as a resource: members that the program names are its own, and where it names none they are not.

import { scalingGroupSchema } from '../model/objects/scaling-group.ts';
import { memberLine } from '../model/rules/membership.ts';
import { isKnown } from '../properties/unknown.ts';
import type { ResourceDescription } from './description.ts';

export const autoScalingGroup: ResourceDescription = {
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
