// The objects of a plan: all objects before and after `pulumi up`, and what happens to each object of the stack.
import { changedSecrets } from '../../messages/secrets-line.ts';
import { compared } from '../../methods/diff.ts';
import { newObjectId } from '../../methods/object-id.ts';
import type { ApiObject } from '../../model/api/objects.ts';
import { KINDS, type Kind } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { resourceName } from '../../model/base/urn.ts';
import type { Masked } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { resourceOf } from '../../resources/registry.ts';
import { afterUpdate, foundOutside } from './outside.ts';
import {
  foreignObject,
  type Keys,
  type Objects,
  objectAfter,
  objectBefore,
  type PlanObject,
  statedOf,
  typeTokenOf,
} from './plan-object.ts';
import { isReadable, type PlanStep, type Preview } from './preview.ts';

/** The change that a `pulumi up` makes to one object of the stack. */
export interface PlannedChange {
  readonly verb: 'create' | 'adopt' | 'update' | 'replace' | 'delete' | 'release';
  readonly urn: string;
  readonly before: PlanObject | undefined;
  readonly after: PlanObject | undefined;
  /**
   * The properties with which `after` is compared: those in the runtime for an adopted object, those in the state for
   * any other existing object, else the defaults.
   */
  readonly stated: Masked;
  /**
   * The paths of the secrets that change, as the provider's message names them. `undefined` if no message names any.
   */
  readonly secrets: string | undefined;
}

export interface ObjectPlan {
  readonly before: Objects;
  readonly after: Objects;
  readonly changes: readonly PlannedChange[];
  /** One line for each value that others changed in the runtime. */
  readonly outside: readonly string[];
  /**
   * The URNs of all resources that a resource waits for in `pulumi up`. Returns `undefined` if the preview leaves
   * out dependencies.
   */
  readonly dependenciesOf: (urn: string) => ReadonlySet<string> | undefined;
}

/** The objects that the runtime's API lists, by kind. */
export type RuntimeObjects = ReadonlyMap<Kind, readonly ApiObject[]>;

interface OwnStep extends PlanStep {
  readonly resource: ResourceDescription;
  /** The key (kind and id) that the object has before `pulumi up`. `undefined` for an object that the `up` creates. */
  readonly oldKey: string | undefined;
}

const CREATES = ['create', 'import', 'replace', 'create-replacement', 'import-replacement'];
const DELETES = ['delete', 'replace', 'delete-replaced'];
const VERBS: Readonly<Record<string, PlannedChange['verb']>> = {
  create: 'create',
  import: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
};

export function objectPlanOf(preview: Preview, runtime: RuntimeObjects = new Map()): ObjectPlan {
  const steps = preview.steps.flatMap(ownSteps);
  const keys = new Map(steps.flatMap((step) => keyEntry(step)));
  const oldKeys = new Map(steps.flatMap(({ urn, oldKey }) => (oldKey === undefined ? [] : [[urn, oldKey]])));
  const before = new Map<string, PlanObject>();
  for (const [kind, objects] of runtime)
    for (const object of objects) before.set(keyOf(kind, object.id), foreignObject(kind, object));
  const listed = new Set(before.keys());
  for (const step of steps) {
    if (step.old === undefined || step.oldKey === undefined) continue;
    before.set(step.oldKey, objectBefore(step, step.oldKey, step.old, before.get(step.oldKey), oldKeys));
  }
  const outside: string[] = [];
  const after = new Map(before);
  for (const { op, old, oldKey } of steps) {
    if (DELETES.includes(op) && oldKey !== undefined && !old?.retainOnDelete) after.delete(oldKey);
  }
  // After a `pulumi up` that failed, an object that was replaced may still exist. The next `pulumi up` deletes it,
  // which no preview shows.
  const urns = new Set(steps.map(({ urn }) => urn));
  for (const { key, foreignOwner = '' } of before.values()) if (urns.has(foreignOwner)) after.delete(key);
  for (const step of steps) {
    const key = keys.get(step.urn);
    if (step.new === undefined || key === undefined || !(CREATES.includes(step.op) || step.op === 'update')) continue;
    after.set(key, objectAfter(step, key, step.new, before.get(key), keys));
  }
  const described = new Map(after);
  for (const { op, oldKey, old, resource } of steps) {
    const actual = before.get(oldKey ?? '');
    if (oldKey === undefined || old === undefined || actual === undefined || !listed.has(oldKey)) continue;
    if (op !== 'update' && op !== 'same') continue;
    const stated = statedOf(resource, old, oldKeys);
    const program = op === 'update' ? described.get(oldKey) : undefined;
    outside.push(...foundOutside(resource, stated, actual, program));
    if (program !== undefined) after.set(oldKey, afterUpdate(resource, stated, actual, program));
  }
  const changes = steps.flatMap((step) => {
    const change = changeOf(step, keys.get(step.urn), before, described, oldKeys);
    return change === undefined
      ? []
      : [{ ...change, secrets: changedSecrets(resourceName({ owner: step.urn }), preview.notes) }];
  });
  return { before, after, changes, outside, dependenciesOf: dependenciesIn(preview) };
}

/**
 * The steps of this stack's own objects. Reading an object of another stack is not a step, and a `refresh` only
 * precedes the step that counts.
 */
function ownSteps(step: PlanStep): OwnStep[] {
  const type = (step.new ?? step.old)?.type ?? '';
  const kind = KINDS.find((each) => type === typeTokenOf(each));
  if (kind === undefined || step.op === 'refresh' || step.op.startsWith('read')) return [];
  const oldKey = step.old?.id === undefined ? undefined : keyOf(kind, step.old.id);
  return [{ ...step, resource: resourceOf(kind), oldKey }];
}

/**
 * The URN and the plan key of a resource after `pulumi up`. Returns an empty list if `pulumi up` deletes the resource.
 */
function keyEntry({ op, urn, oldKey, new: next, resource }: OwnStep): [string, string][] {
  if (next === undefined) return [];
  if (!CREATES.includes(op)) return oldKey === undefined ? [] : [[urn, oldKey]];
  const { adopt } = next.inputs;
  if (typeof adopt === 'string' && isReadable(adopt) && op !== 'replace') return [[urn, keyOf(resource.kind, adopt)]];
  const isIdKnown = resource.identity.every((name) => isReadable(next.inputs[name]));
  return [[urn, isIdKnown ? keyOf(resource.kind, newObjectId(resource, next.inputs)) : urn]];
}

function changeOf(
  { op, urn, old, oldKey, resource }: OwnStep,
  key: string | undefined,
  before: Objects,
  after: Objects,
  oldKeys: Keys,
): Omit<PlannedChange, 'secrets'> | undefined {
  const verb = VERBS[op];
  // This delete step removes a leftover of an interrupted replacement. The new object already has the same key.
  const isLeftover = verb === 'delete' && key !== undefined && key === oldKey;
  if (verb === undefined || isLeftover) return undefined;
  const was = before.get(oldKey ?? key ?? '');
  const is = key === undefined ? undefined : after.get(key);
  const stated = old === undefined ? (was?.properties ?? compared(resource, {})) : statedOf(resource, old, oldKeys);
  if (verb === 'create') return { verb: was === undefined ? 'create' : 'adopt', urn, before: was, after: is, stated };
  if (verb !== 'delete') return { verb, urn, before: was, after: is, stated };
  return { verb: old?.retainOnDelete ? 'release' : 'delete', urn, before: was, after: undefined, stated };
}

function dependenciesIn({ steps, hasDependencies }: Preview): ObjectPlan['dependenciesOf'] {
  const direct = new Map(steps.map(({ urn, new: next }) => [urn, next?.dependencies ?? []]));
  return (urn) => {
    if (!hasDependencies) return undefined;
    const all = new Set<string>();
    const waiting = [urn];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const dependency of direct.get(next) ?? []) {
        if (!all.has(dependency)) waiting.push(dependency);
        all.add(dependency);
      }
    }
    return all;
  };
}
