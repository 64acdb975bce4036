// The description of a resource type: everything that the providers need to know about it.
import type { z } from 'zod';
import type { Problem } from '../model/base/errors.ts';
import type { Kind, RESOURCE_CLASSES } from '../model/base/kinds.ts';
import type { Checked } from '../program/checked.ts';
import type { CanonicalForm, Inputs, Properties, State } from '../properties/properties.ts';

export interface ResourceDescription<K extends Kind = Kind> {
  /** The class of the resource in the SDK. */
  readonly type: (typeof RESOURCE_CLASSES)[K];
  readonly kind: K;
  /** The model's schema, with a default for each property whose absence means a value. */
  readonly schema: z.ZodObject;
  /**
   * The properties that identify an object. They are part of its id, and a change of one of them replaces the object.
   */
  readonly identity: readonly string[];
  /** The prefix of an object's id, from its properties in canonical form. */
  readonly idPrefix?: (normal: CanonicalForm) => string;
  /** The properties that the API returns in addition to the inputs. */
  readonly outputs: readonly string[];
  /** Adds the defaults that depend on other properties. Takes and returns the canonical form. */
  readonly complete?: (normal: CanonicalForm) => CanonicalForm;
  /** Reports what the runtime would refuse, as far as the program shows it, so that a preview already fails. */
  readonly problems?: (checked: Checked) => readonly Problem[];
  /**
   * The program's properties as `diff` compares them. Properties that the resource leaves to others are taken from the
   * state.
   */
  readonly desired?: (news: Inputs, olds: State) => Inputs;
  /**
   * The properties of which the state does not say what the runtime has, for an update. They are written with it,
   * whether or not the program changed them.
   */
  readonly forgets?: (olds: State, news: Inputs) => State;
  /** The map whose entries are known in the runtime by something else than their names, if the resource has one. */
  readonly elements?: Elements;
  /**
   * The object's properties and outputs for the state. Changes that are no drift are replaced by the values in the old
   * state. `news`: the inputs that say which properties the resource leaves to others, if they are not in the state.
   */
  readonly observed?: (actual: State, state: State, news?: Inputs) => State;
  /** The line that a preview shows for a change. Returns `undefined` if the change needs no line. */
  readonly changeLine?: (name: string, olds: CanonicalForm, news: CanonicalForm) => string | undefined;
  /** Warnings about the inputs that a preview already shows, at a time in milliseconds since 1970. */
  readonly warnings?: (inputs: Inputs, nowMs: number) => readonly string[];
  /** Why an object must not be replaced. Returns `undefined` if it may be. */
  readonly refusesReplacement?: (olds: State) => string | undefined;
  /**
   * Time in milliseconds for which the write of an object may wait. Without this function, a write waits as long as
   * first checks may take.
   */
  readonly waitMs?: (properties: Inputs) => number;
}

export interface Elements {
  readonly map: 'targets' | 'members';
  /** Texts of which two entries share one if they are the same in the runtime, whatever their names. */
  readonly keysOf: (properties: Properties, name: string) => readonly string[];
}
