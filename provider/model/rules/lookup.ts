// What rules over several objects ask of a model: the stored one, the program of a preview, or the objects of a plan.
import type { Kind } from '../base/kinds.ts';
import type { PropertiesOf } from '../objects/schemas.ts';

/** An object's properties with every default filled in. In a preview any of them may be unknown, missing or malformed. */
export type ObjectFields<K extends Kind> = { readonly [P in keyof PropertiesOf<K>]?: unknown };

export interface Lookup {
  /**
   * Returns `undefined` if the model has no such object, or does not tell. A reference is whatever the model's properties
   * name an object by: its id, the URN of a resource whose id is not known yet, or a key of a plan.
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
