// The request of a put or a patch: properties from the caller, and random values from the control plane.
import type { Kind } from '../../../model/base/kinds.ts';
import type { MergePatch } from '../../../model/base/merge-patch.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';

export interface PutRequest {
  readonly kind: Kind;
  readonly id: string;
  readonly properties: PropertiesOf<Kind>;
  /** URN of the resource that writes the object; `undefined` keeps the stored owner, as for a write by an operator. */
  readonly owner: string | undefined;
  /** Incarnation to store. `undefined` keeps the stored incarnation, or stores `newIncarnation` with a new object. */
  readonly incarnation: string | undefined;
  readonly newIncarnation: string;
  /** Id of the caller's token, kept with the object; `undefined` for the administrator. */
  readonly caller?: string | undefined;
  /** Generated key for sticky cookies. Stored only if the object has neither a configured nor a generated key. */
  readonly newCookieKey: string;
  /** True for an attachment with `manageWeights: false`, whose bound targets keep their stored weights. */
  readonly keepsWeights?: boolean;
  /** Time of the write in RFC 3339, which a new object keeps. */
  readonly createdAt?: string;
  /** True for a write of the stack that owns the object, which is remembered beside the object. */
  readonly isOfStack?: boolean;
  /** The merge patch of which the properties are the result; `undefined` for a put of whole properties. */
  readonly patch?: MergePatch;
}
