// What a put asks for: the object as its properties say it, and what the control plane chose for it beforehand.
import type { Kind } from '../../../model/base/kinds.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';

export interface PutRequest<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly properties: PropertiesOf<K>;
  /** Undefined: an operator's write, which leaves the owner as it is. */
  readonly owner: string | undefined;
  /** Undefined: the object's own; for a new object `newIncarnation`. */
  readonly incarnation: string | undefined;
  readonly newIncarnation: string;
  /** For sticky cookies that are given no key; an object that has one keeps it. */
  readonly newCookieKey: string;
  /** The time of day. */
  readonly nowMs: number;
  /** Attachments with `manageWeights: false`: bound targets keep the weights that they have. */
  readonly keepsWeights?: boolean;
}

/** The put of an attachment that is there: nothing but its properties changes. */
export function patchRequest(id: string, properties: PropertiesOf<'attachments'>): PutRequest<'attachments'> {
  const kept = { owner: undefined, incarnation: undefined, newIncarnation: '', newCookieKey: '', nowMs: 0 };
  return { kind: 'attachments', id, properties, ...kept };
}
