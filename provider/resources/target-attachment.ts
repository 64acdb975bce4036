// The resource TargetAttachment: its targets change in place, and each change prints what it binds and unbinds.
import { z } from 'zod';
import { membershipLine } from '../messages/membership-line.ts';
import type { Problem } from '../model/base/errors.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import { canonicalAddress } from '../model/base/target-key.ts';
import { isKnown } from '../model/base/unknown.ts';
import { mapKey } from '../model/objects/network.ts';
import { PARENTS } from '../model/objects/parent.ts';
import { toMs } from '../model/objects/seconds.ts';
import { DEFAULT_WEIGHT, targetAttachmentSchema, targetSchema } from '../model/objects/target-attachment.ts';
import { bindingProblems } from '../model/rules/eligibility.ts';
import { membershipChanges } from '../model/rules/membership.ts';
import { ownResponseProblems } from '../model/rules/own-responses.ts';
import { parentTypeProblems } from '../model/rules/parents.ts';
import { portProblems } from '../model/rules/ports.ts';
import type { Checked } from '../program/checked.ts';
import { duplicateTargetProblems } from '../program/uniqueness.ts';
import { compact, type Inputs, type Properties, type State } from '../properties/properties.ts';
import type { ResourceDescription } from './description.ts';

// The model leaves an unset weight unset, because the runtime may keep another weight. For a diff, it is
// DEFAULT_WEIGHT.
const target = targetSchema.extend({ weight: targetSchema.shape.weight.default(DEFAULT_WEIGHT) });

const DEFAULT_HANDOVER = targetAttachmentSchema.shape.handoverSeconds.parse(undefined);

export const targetAttachment: ResourceDescription<'attachments'> = {
  type: 'TargetAttachment',
  kind: 'attachments',
  schema: targetAttachmentSchema.extend({ targets: z.record(mapKey, target) }),
  identity: [...PARENTS],
  outputs: ['boundTargets'],
  problems: inProgram,
  // If the program takes the weights over, the state does not say which weights the runtime has.
  forgets: (olds, news) => (leavesWeights(olds) && !leavesWeights(news) ? withoutWeights(olds) : olds),
  elements: { map: 'targets', keysOf: targetKeysOf },
  desired: (news, olds) => (leavesWeights(news) ? withWeightsOf(news, olds, 'targets') : news),
  observed: (actual, state, news = state) => {
    const observed = withHealthOf(actual, state);
    if (!leavesWeights(news)) return observed;
    return withWeightsOf(withWeightsOf(observed, state, 'targets'), state, 'boundTargets');
  },
  changeLine: (name, olds, news) => membershipLine(name, membershipChanges(olds, news, isKnown)),
  waitMs: ({ handoverSeconds = DEFAULT_HANDOVER, awaitHealthySeconds = 0, awaitDrainSeconds = 0 }) =>
    toMs(Number(handoverSeconds) + Number(awaitHealthySeconds) + Number(awaitDrainSeconds)),
};

function inProgram(checked: Checked): Problem[] {
  const { program, news, olds } = checked;
  const attachment = { kind: 'attachments', properties: news } as const;
  return [
    ...parentTypeProblems(program, news),
    ...ownResponseProblems(program, news),
    ...portProblems(program, attachment),
    ...duplicateTargetProblems(checked, attachment, (name) => propertyPath(['targets', name])),
    ...bindingProblems(program, attachment, olds && { ...attachment, properties: olds }),
  ];
}

/** The address or the server of a target, each with its port: a server and its bare address are one target. */
function targetKeysOf({ targets, boundTargets, defaultPort }: Properties, name: string): string[] {
  const target = isRecord(targets) ? valueIn(targets, name) : undefined;
  if (!isRecord(target)) return [];
  const bound = isRecord(boundTargets) ? valueIn(boundTargets, name) : undefined;
  const { serverId, address = isRecord(bound) ? bound.address : undefined, port = defaultPort } = target;
  const hosts = [typeof address === 'string' ? canonicalAddress(address) : address, serverId];
  return hosts.filter((host) => host !== undefined).map((host) => JSON.stringify([host, port ?? null]));
}

function withoutWeights(olds: State): State {
  return withEach(olds, olds, 'targets', (target) => ({ ...target, weight: null }));
}

function leavesWeights({ manageWeights }: Inputs): boolean {
  return manageWeights === false;
}

/** Copies the properties, and gives each target or member the weight that the one of the same name has in `other`. */
function withWeightsOf(properties: Properties, other: Properties, map: 'targets' | 'boundTargets'): Properties {
  return withEach(properties, other, map, (item, { weight }) => compact(Object.entries({ ...item, weight })));
}

/**
 * The object with the health in the state. A change of health is no drift, unless a target became eligible or
 * ineligible.
 */
function withHealthOf(actual: State, state: State): State {
  return withEach(actual, state, 'boundTargets', (item, { health }) => {
    const isDrift = health === undefined || (item.health === 'ineligible') !== (health === 'ineligible');
    return isDrift ? item : { ...item, health };
  });
}

function withEach(
  properties: Properties,
  other: Properties,
  map: string,
  merge: (item: Properties, otherItem: Properties) => Properties,
): Properties {
  const own = properties[map];
  const others = other[map];
  if (!isRecord(own) || !isRecord(others)) return properties;
  const merged = Object.entries(own).map(([name, item]) => {
    const otherItem = valueIn(others, name);
    return [name, isRecord(item) && isRecord(otherItem) ? merge(item, otherItem) : item];
  });
  return { ...properties, [map]: Object.fromEntries(merged) };
}
