// Shapes of stored data: objects, health of targets, tokens.
import type { Kind } from '../../model/base/kinds.ts';
import type { MergePatch } from '../../model/base/merge-patch.ts';
import type { OwnResponse } from '../../model/objects/rule-actions.ts';
import type { PropertiesOf } from '../../model/objects/schemas.ts';
import type { TokenProperties } from '../../model/permissions/token.ts';
import type { Health } from '../contract/snapshot.ts';

/** One object of the model. Frozen: a change makes a new object, so `===` tells whether an object is unchanged. */
export type StoredObject<K extends Kind = Kind> = {
  [P in K]: {
    readonly kind: P;
    readonly id: string;
    /** The URN of the resource that owns the object; `undefined` for an object made through the API by hand. */
    readonly owner: string | undefined;
    /** Random id of one create of the object. A delete with another incarnation is out of date and does nothing. */
    readonly incarnation: string;
    /** Id of the token that created the object; `undefined` for an object of the administrator. */
    readonly createdBy?: string | undefined;
    /** Id of the token that last changed the object; `undefined` for the administrator. */
    readonly changedBy?: string | undefined;
    /** Time of the create in RFC 3339; `undefined` for an object that an earlier release created. */
    readonly createdAt?: string | undefined;
    /** The model version that last changed the object. */
    readonly version: number;
    readonly properties: Readonly<PropertiesOf<P>>;
    /**
     * Properties that the stack last wrote. `undefined` if no stack wrote the object, or only an earlier release did.
     */
    readonly written?: Written | undefined;
    /** Values that the runtime decides and keeps with the object. */
    readonly state: StateOf<P>;
    /** Set while the time is past a server's `expiresAt`. It follows from the time and is never stored. */
    readonly expired?: true;
  };
}[K];

/** The record of a stack's last write of its object, beside the properties that the object has now. */
export interface Written {
  /** The model version of that write. */
  readonly version: number;
  /**
   * The merge patch from the present properties to the written ones, with fingerprints in place of secrets. Empty while
   * nobody else changes the object.
   */
  readonly patch: MergePatch;
}

export type Attachment = StoredObject<'attachments'> | StoredObject<'group-attachments'>;

export function isAttachment(object: StoredObject): object is Attachment {
  return isAttachmentKind(object.kind);
}

export function isAttachmentKind(kind: Kind): kind is Attachment['kind'] {
  return kind === 'attachments' || kind === 'group-attachments';
}

/** State that the runtime keeps with an object, for each kind that has state. */
export interface States {
  'load-balancers': { readonly vip: string };
  /**
   * `cookieKey`: generated key for sticky cookies, if the properties give none. `servesSince`: model version at which
   * the listener began to serve its VIP:port; absent if it never did.
   */
  listeners: { readonly cookieKey?: string; readonly servesSince?: number };
  /**
   * `formerResponse`: what the rule itself responded before it became one with targets, until it has an attachment.
   */
  rules: { readonly cookieKey?: string; readonly formerResponse?: OwnResponse };
  attachments: BoundSince;
  /**
   * `joined`: ids of the servers that joined through the API, oldest first. `leases`: time to live of the leases in
   * seconds, by server id; absent if no server has one. When a lease ends is kept in memory only.
   */
  groups: { readonly joined: readonly string[]; readonly leases?: Readonly<Record<string, number>> };
  'group-attachments': BoundSince;
}

interface BoundSince {
  /** Model version at which an attachment began to bind each target, by target key. */
  readonly boundSince: Readonly<Record<string, number>>;
  /**
   * Id of the token that bound a target, by target key; "" for the administrator. Has only the targets that another
   * caller bound than the one that created the attachment.
   */
  readonly boundBy?: Readonly<Record<string, string>>;
}

export type StateOf<K extends Kind> = K extends keyof States ? States[K] : Readonly<Record<never, never>>;

/** One change of the model: a created or updated object, or the id of a deleted object. */
export type ObjectChange = { put: StoredObject } | { delete: { kind: Kind; id: string } };

export interface StoredHealth {
  targetGroupId: string;
  key: string;
  health: Health;
}

/** A time on the machine's monotonic clock, which no change of the date moves. All processes of one boot share it. */
export interface BootTime {
  readonly bootId: string;
  readonly monotonicMs: number;
}

/** Changes of the stored health of targets, and the time at which all stored health was right. */
export interface HealthSave {
  /** Time of day in milliseconds since 1970. */
  readonly atMs: number;
  /** The same time on the monotonic clock; `undefined` if the machine does not tell its boot. */
  readonly boot: BootTime | undefined;
  readonly put: readonly StoredHealth[];
  /** Targets whose health is not known any more. */
  readonly removed: readonly Pick<StoredHealth, 'targetGroupId' | 'key'>[];
}

/** A stored token. Tokens are not part of the model: a change of a token makes no model version. */
export interface StoredToken extends Readonly<TokenProperties> {
  readonly id: string;
  /** SHA-256 of the token's secret, in hex. */
  readonly secretHash: string;
  /** Time of creation in RFC 3339. */
  readonly createdAt: string;
}

export interface StoredModel {
  runtimeId: string;
  version: number;
  objects: StoredObject[];
  /** When `health` was last stored or confirmed, in milliseconds since 1970; 0 if never. */
  healthAtMs: number;
  /** The same time on the monotonic clock; `undefined` if it is not known. */
  healthBoot: BootTime | undefined;
  health: StoredHealth[];
  tokens: StoredToken[];
}
