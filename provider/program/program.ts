// The program of a stack as `check` has seen it: resources look each other up, so a preview refuses contradictions.

import type { Kind } from '../model/base/kinds.ts';
import { keyOf } from '../model/base/object-key.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { stackOf } from '../model/base/urn.ts';
import { hasPassed } from '../model/objects/time.ts';
import type { Lookup, ObjectFields } from '../model/rules/lookup.ts';
import type { CanonicalForm, Inputs, State } from '../properties/properties.ts';

/** A resource as the state has it, which a new object may replace. */
export interface Replaced {
  /** The id of its object. `undefined` until `diff` gives it: the engine may replace a resource without a diff. */
  readonly id: string | undefined;
  /** Its inputs until `diff` gives its outputs. */
  readonly state: State;
}

interface Seen {
  readonly kind: Kind;
  /** The inputs in canonical form. The URN of a new resource stands for its id while the id is not known. */
  readonly properties: CanonicalForm;
  readonly reserved: string[];
  /** The inputs in the state, before this program. Empty for a new resource. */
  readonly olds: Inputs;
  /** What a create replaces. `undefined` for a new resource. */
  replaced?: Replaced | undefined;
  /** The properties that the program has made secret. */
  readonly secrets: readonly string[];
  /** The places of inputs that an update does not know. `undefined` if it knows all. */
  readonly unknown?: unknown;
  id?: string;
}

export class Program implements Lookup {
  readonly #seen = new Map<string, Seen>();
  readonly #owners = new Map<string, string>();
  readonly #reservations = new Map<string, string>();

  /** Records a resource as it is now checked, and forgets what an earlier check recorded for it. */
  see(kind: Kind, owner: string, given: Pick<Seen, 'properties' | 'olds' | 'secrets' | 'unknown'>): void {
    const before = this.#seen.get(owner);
    if (before?.id !== undefined) this.#owners.delete(keyOf(before.kind, before.id));
    for (const key of before?.reserved ?? []) this.#reservations.delete(key);
    // The engine checks a replacement a second time, as if its resource were new.
    const isNew = Object.keys(given.olds).length === 0;
    const replaced = before?.replaced ?? (isNew ? undefined : { id: undefined, state: given.olds });
    this.#seen.set(owner, { ...given, kind, reserved: [], replaced });
  }

  /** Records the id and the state of a resource that `diff` has compared, which a create may then replace. */
  compared(owner: string, id: string, state: State): void {
    this.identify(owner, id);
    const seen = this.#seen.get(owner);
    if (seen !== undefined) seen.replaced = { id, state };
  }

  /** The resource in the state that a create replaces. Returns `undefined` for a new resource. */
  replacedBy(owner: string): Replaced | undefined {
    return this.#seen.get(owner)?.replaced;
  }

  has(owner: unknown): boolean {
    return this.#seen.has(String(owner));
  }

  secretsOf(owner: string): readonly string[] {
    return this.#seen.get(owner)?.secrets ?? [];
  }

  /** The places of inputs that the update does not know, because the resource that they come from failed, say. */
  unknownOf(owner: string): unknown {
    return this.#seen.get(owner)?.unknown;
  }

  /** Records the id of a resource's object, so that references by this id find the resource. */
  identify(owner: string, id: string): void {
    const seen = this.#seen.get(owner);
    if (seen === undefined) return;
    seen.id = id;
    this.#owners.set(keyOf(seen.kind, id), owner);
  }

  get isEmpty(): boolean {
    return this.#seen.size === 0;
  }

  /**
   * Whether an object of the runtime is the present one of a resource of the program, and not one that was replaced. It
   * may be, too, while the id of its owner's object is not known.
   */
  mayHold(kind: Kind, { id, owner }: { readonly id: string; readonly owner?: string | undefined }): boolean {
    const seen = this.#seen.get(this.nameOf(kind, id)) ?? this.#seen.get(owner ?? '');
    return seen?.kind === kind && (seen.id ?? id) === id;
  }

  get<K extends Kind>(kind: K, reference: unknown): ObjectFields<K> | undefined {
    return this.#find(kind, reference)?.properties as ObjectFields<K> | undefined;
  }

  isKnown(value: unknown): boolean {
    return isKnown(value);
  }

  hasExpired(server: unknown): boolean {
    const expiresAt = this.get('backend-servers', server)?.expiresAt;
    return typeof expiresAt === 'string' && hasPassed(expiresAt, Date.now());
  }

  /**
   * The inputs that the state has for a resource from the last run.
   * Returns `undefined` if this program has no such resource.
   */
  before(kind: Kind, reference: unknown): Inputs | undefined {
    return this.#find(kind, reference)?.olds;
  }

  /** One text for each object, whether it is referred to by id or by URN. */
  nameOf(kind: Kind, reference: unknown): string {
    const text = String(reference);
    return this.#owners.get(keyOf(kind, text)) ?? text;
  }

  /**
   * Reserves a key that only one resource of the program may have. Returns the owner that reserved it first, if that is
   * another.
   */
  reserve(key: string, owner: string): string | undefined {
    const first = this.#reservations.get(key);
    if (first !== undefined && first !== owner) return first;
    this.#reservations.set(key, owner);
    this.#seen.get(owner)?.reserved.push(key);
    return undefined;
  }

  #find(kind: Kind, reference: unknown): Seen | undefined {
    const seen = this.#seen.get(this.nameOf(kind, reference));
    return seen?.kind === kind ? seen : undefined;
  }
}

/** Programs by stack. A provider's process lives for one preview or one update, so no older program is among them. */
const programs = new Map<string | undefined, Program>();

/** The program of the stack to which the owner belongs. */
export function programOf(owner: string): Program {
  const stack = stackOf(owner);
  const program = programs.get(stack) ?? new Program();
  programs.set(stack, program);
  return program;
}

/** The properties with URNs in place of unknown values: `references` has the URN of a resource at the same path. */
export function withReferences(properties: unknown, references: unknown): unknown {
  if (!isKnown(properties) && typeof references === 'string') return references;
  if (!isRecord(properties) || !isRecord(references)) return properties;
  const filled = Object.entries(references).map(([name, reference]) => [
    name,
    withReferences(valueIn(properties, name), reference),
  ]);
  return { ...properties, ...Object.fromEntries(filled) };
}
