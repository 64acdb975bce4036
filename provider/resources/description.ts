// What the providers need to know of a type of resource; one file a resource describes its own.
import type { z } from 'zod';
import type { Problem } from '../model/base/errors.ts';
import type { Kind, RESOURCE_CLASSES } from '../model/base/kinds.ts';
import type { Checked } from '../program/checked.ts';
import type { CanonicalForm, Inputs, State } from '../properties/properties.ts';

export interface ResourceDescription<K extends Kind = Kind> {
  /** The class in the SDK. */
  readonly type: (typeof RESOURCE_CLASSES)[K];
  readonly kind: K;
  /** The model's schema, with a default wherever leaving a property out means a value. */
  readonly schema: z.ZodObject;
  /** A change of these makes another object: they are part of its id, and replace it. */
  readonly identity: readonly string[];
  /** What ids begin with; the canonical form goes in. */
  readonly idPrefix?: (normal: CanonicalForm) => string;
  /** What the API returns beside the properties. */
  readonly outputs: readonly string[];
  /** Defaults that depend on other properties; the canonical form goes in and comes out. */
  readonly complete?: (normal: CanonicalForm) => CanonicalForm;
  /** What the runtime would refuse, for reasons that the program tells as well: so preview says it already. */
  readonly problems?: (checked: Checked) => readonly Problem[];
  /** The program's properties as diff compares them: what the resource leaves to others is taken from the state. */
  readonly desired?: (news: Inputs, olds: State) => Inputs;
  /** The object's properties and outputs as the state has them: what is no drift is taken from what was there before. */
  readonly observed?: (actual: State, state: State) => State;
  /** The line that a change prints to the preview. */
  readonly changeLine?: (name: string, olds: CanonicalForm, news: CanonicalForm) => string | undefined;
  /** Why this object may not be replaced, where it may not. */
  readonly refusesReplacement?: (olds: State) => string | undefined;
  /** How long a put may wait, where its properties have a say in it; else for first checks, as long as those may take. */
  readonly waitMs?: (properties: Inputs) => number;
}
