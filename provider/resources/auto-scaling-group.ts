// The resource AutoScalingGroup: the program owns the members that it names, and else leaves membership to the API.

import { memberLine } from '../messages/membership-line.ts';
import { propertyLine } from '../messages/property-line.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { scalingGroupSchema } from '../model/objects/scaling-group.ts';
import type { ResourceDescription } from './description.ts';

export const autoScalingGroup: ResourceDescription<'groups'> = {
  type: 'AutoScalingGroup',
  kind: 'groups',
  schema: scalingGroupSchema,
  identity: [],
  outputs: [],
  // Servers that joined through the API are no drift, so that no `pulumi up` removes them.
  observed: (actual, state, news = state) => {
    const { members: _, ...others } = actual;
    return state.members === undefined && news.members === undefined ? others : actual;
  },
  elements: {
    map: 'members',
    keysOf: ({ members }, name) => (isRecord(members) ? [String(valueIn(members, name))] : []),
  },
  changeLine: (name, olds, news) =>
    memberLine(name, olds.members, news.members, isKnown) ?? propertyLine(name, ['joinable'], olds, news),
};
