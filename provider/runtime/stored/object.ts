// Objects, health and tokens as they are stored.
import type { Kind } from '../../model/base/kinds.ts';
import type { PropertiesOf } from '../../model/objects/schemas.ts';
import type { TokenProperties } from '../../model/permissions/token.ts';
import type { Health } from '../contract/snapshot.ts';

/** One object of the model. Frozen: a change makes a new one, so an unchanged object is found by `===`. */
export type StoredObject<K extends Kind = Kind> = {
  [P in K]: {
    readonly kind: P;
    readonly id: string;
    /** The URN of the resource that owns it; undefined: made through the API by hand. */
    readonly owner: string | undefined;
    /** Random, new with each create; a delete that carries another one is out of date. */
    readonly incarnation: string;
    /** The model's version that last changed it. */
    readonly version: number;
    readonly properties: Readonly<PropertiesOf<P>>;
    /** What the runtime decided once and keeps. */
    readonly state: StateOf<P>;
  };
}[K];

/** The states of those kinds that have one. */
export interface States {
  'load-balancers': { readonly vip: string };
  /** The key of its sticky cookies, where it was given none, and the version at which it came to serve its VIP:port. */
  listeners: { readonly cookieKey?: string; readonly servesSince?: number };
  rules: { readonly cookieKey?: string };
  attachments: BoundSince;
  /** Whether its time is over. */
  'backend-servers': { readonly expired: boolean };
  /** The servers that have joined through the API, in their order. */
  groups: { readonly joined: readonly string[] };
  'group-attachments': BoundSince;
}

/** Per target key the version at which it was claimed. */
interface BoundSince {
  readonly boundSince: Readonly<Record<string, number>>;
}

export type StateOf<K extends Kind> = K extends keyof States ? States[K] : Readonly<Record<never, never>>;

/** An object as it is now, or the id of one that is gone. */
export type ObjectChange = { put: StoredObject } | { delete: { kind: Kind; id: string } };

export interface StoredHealth {
  targetGroupId: string;
  key: string;
  health: Health;
}

/** Beside the model: no version of it has them, and none is made by them. */
export interface StoredToken extends Readonly<TokenProperties> {
  readonly id: string;
  /** SHA-256 of its secret, in hex. */
  readonly secretHash: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface StoredModel {
  runtimeId: string;
  version: number;
  objects: StoredObject[];
  /** When the health was last known to be right, in ms since 1970; 0: never. */
  healthAtMs: number;
  health: StoredHealth[];
  tokens: StoredToken[];
}
