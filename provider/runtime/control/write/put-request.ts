// The request of a put: the caller's properties, and random values and the time that the control plane adds.
import type { Kind } from '../../../model/base/kinds.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';

export interface PutRequest<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly properties: PropertiesOf<K>;
  /** URN of the writing resource; `undefined` keeps the owner, as in an operator's write. */
  readonly owner: string | undefined;
  /** Incarnation to store; `undefined` keeps the object's, or takes `newIncarnation` for a new object. */
  readonly incarnation: string | undefined;
  readonly newIncarnation: string;
  /** Id of the caller's token, kept with a new object; `undefined` for the administrator. */
  readonly createdBy?: string | undefined;
  /** Key for sticky cookies without a configured key, unless the object has a generated key already. */
  readonly newCookieKey: string;
  /** Time of day in milliseconds since 1970. */
  readonly nowMs: number;
  /** True for an attachment with `manageWeights: false`, whose bound targets keep their stored weights. */
  readonly keepsWeights?: boolean;
}

/** The request of a patch as the put of an existing attachment, in which only properties change. */
export function patchRequest(id: string, properties: PropertiesOf<'attachments'>): PutRequest<'attachments'> {
  const kept = { owner: undefined, incarnation: undefined, newIncarnation: '', newCookieKey: '', nowMs: 0 };
  return { kind: 'attachments', id, properties, ...kept };
}
