// How rules over several objects look them up: in the stored model, in the program of a preview, or in a plan.
import type { Kind } from '../base/kinds.ts';
import type { PropertiesOf } from '../objects/schemas.ts';

/** An object's properties with every default filled in. In a preview any of them may be unknown, missing or malformed. */
export type ObjectFields<K extends Kind> = { readonly [P in keyof PropertiesOf<K>]?: unknown };

export interface Lookup {
  /**
   * Returns the properties of an object, or `undefined` if the model has no such object or does not know its
   * properties. A reference is the value by which the model's properties name an object: an id, the URN of a resource
   * without a known id, or a plan key.
   */
  get<K extends Kind>(kind: K, reference: unknown): ObjectFields<K> | undefined;
  isKnown(value: unknown): boolean;
  /** Whether the server's `expiresAt` has passed. */
  hasExpired(server: unknown): boolean;
}

/** An attachment of either kind: it binds targets of its own, or the members of an auto scaling group. */
export type AttachmentFields =
  | { readonly kind: 'attachments'; readonly properties: ObjectFields<'attachments'> }
  | { readonly kind: 'group-attachments'; readonly properties: ObjectFields<'group-attachments'> };
