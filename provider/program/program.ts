// What `check` has seen of the program so far, in which resources find each other: what contradicts itself is refused in
// preview already. A provider's process lives for one preview or one update, so nothing of an older program is in here.

import type { Kind } from '../model/base/kinds.ts';
import { keyOf } from '../model/base/object-key.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { stackOf } from '../model/base/urn.ts';
import { hasPassed } from '../model/objects/time.ts';
import type { Lookup, ObjectFields } from '../model/rules/lookup.ts';
import type { CanonicalForm, Inputs } from '../properties/properties.ts';

interface Seen {
  readonly kind: Kind;
  /** In canonical form. Where the id of a new resource is not known yet, its URN stands for it. */
  readonly properties: CanonicalForm;
  readonly reserved: string[];
  /** The inputs before this program's; empty for what is new. */
  readonly olds: Inputs;
  /** The properties in which the program has secrets. */
  readonly secrets: readonly string[];
  id?: string;
}

export class Program implements Lookup {
  readonly #seen = new Map<string, Seen>();
  readonly #owners = new Map<string, string>();
  readonly #reservations = new Map<string, string>();

  /** The resource's properties, in place of those that it had when it was checked before. */
  see(kind: Kind, owner: string, { properties, olds, secrets }: Pick<Seen, 'properties' | 'olds' | 'secrets'>): void {
    const before = this.#seen.get(owner);
    if (before?.id !== undefined) this.#owners.delete(keyOf(before.kind, before.id));
    for (const key of before?.reserved ?? []) this.#reservations.delete(key);
    this.#seen.set(owner, { kind, properties, reserved: [], olds, secrets });
  }

  has(owner: unknown): boolean {
    return this.#seen.has(String(owner));
  }

  secretsOf(owner: string): readonly string[] {
    return this.#seen.get(owner)?.secrets ?? [];
  }

  /** The object that the resource has: an id that other resources refer to. */
  identify(owner: string, id: string): void {
    const seen = this.#seen.get(owner);
    if (seen === undefined) return;
    seen.id = id;
    this.#owners.set(keyOf(seen.kind, id), owner);
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

  /** The inputs that the resource had before this program. Returns `undefined` if it is not of the program. */
  before(kind: Kind, reference: unknown): Inputs | undefined {
    return this.#find(kind, reference)?.olds;
  }

  /** One text for each object, however it is referred to. */
  nameOf(kind: Kind, reference: unknown): string {
    const text = String(reference);
    return this.#owners.get(keyOf(kind, text)) ?? text;
  }

  /** Claims for a resource what no two may have; the owner of another one that was first. */
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

const programs = new Map<string | undefined, Program>();

/** The program of the stack that the owner is of. */
export function programOf(owner: string): Program {
  const stack = stackOf(owner);
  const program = programs.get(stack) ?? new Program();
  programs.set(stack, program);
  return program;
}

/** `properties` with the URNs that `references` has in the same places in place of what is not known. */
export function withReferences(properties: unknown, references: unknown): unknown {
  if (!isKnown(properties) && typeof references === 'string') return references;
  if (!isRecord(properties) || !isRecord(references)) return properties;
  const filled = Object.entries(references).map(([name, reference]) => [
    name,
    withReferences(valueIn(properties, name), reference),
  ]);
  return { ...properties, ...Object.fromEntries(filled) };
}
