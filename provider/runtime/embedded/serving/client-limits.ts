// The limits of a listener for its clients in a worker: which may use it, and how many connections and requests a second.
import { Networks } from '../../../model/base/networks.ts';
import type { ClientNetworks } from '../../contract/snapshot.ts';
import type { ListenerSettings } from '../shared/messages.ts';
import type { BucketKey, RateBuckets } from '../shared/rate-buckets.ts';

/** How many clients' keys are kept. To make a key takes six times as long as to take a token. */
const MAX_KEYS = 4096;

export class ClientLimits {
  readonly #listenerId: string;
  readonly #buckets: RateBuckets;
  /** Keys of the listener's buckets for all clients, made when they are needed. */
  #connectionsKey: BucketKey | undefined;
  #requestsKey: BucketKey | undefined;
  /** Keys of the buckets of single clients, by address. */
  readonly #clientKeys = new Map<string, BucketKey>();
  #allow: Networks | undefined;
  #deny: Networks | undefined;

  constructor(listenerId: string, buckets: RateBuckets) {
    this.#listenerId = listenerId;
    this.#buckets = buckets;
  }

  /** Sets the networks of the clients. `undefined` means that every client may use the listener. */
  set networks(networks: ClientNetworks | undefined) {
    this.#allow = networks?.allow && new Networks(networks.allow);
    this.#deny = networks === undefined || networks.deny.length === 0 ? undefined : new Networks(networks.deny);
  }

  /** Whether no request can be refused. */
  isUnlimited({ requestRate, clientRequestRate }: ListenerSettings): boolean {
    const isOpen = this.#allow === undefined && this.#deny === undefined;
    return isOpen && requestRate === undefined && clientRequestRate === undefined;
  }

  /** Whether a client with this address may use the listener. */
  admits(address: string): boolean {
    if (this.#deny?.find(address) !== undefined) return false;
    return this.#allow === undefined || this.#allow.find(address) !== undefined;
  }

  /** Counts a new connection, or UDP session. Returns `false` if it is above the listener's rate. */
  takeConnection({ connectionRate }: ListenerSettings): boolean {
    if (connectionRate === undefined) return true;
    this.#connectionsKey ??= this.#buckets.keyOf(`connections ${this.#listenerId}`);
    return this.#buckets.take(this.#connectionsKey, connectionRate, process.hrtime.bigint());
  }

  /**
   * Counts a request of a client with this address. Returns `false` if it is above the rate of the client, or of the
   * listener. A request above the client's rate takes nothing from other clients.
   */
  takeRequest({ requestRate, clientRequestRate }: ListenerSettings, address: string): boolean {
    const nowNs = process.hrtime.bigint();
    if (clientRequestRate !== undefined) {
      if (!this.#buckets.take(this.#clientKey(address), clientRequestRate, nowNs)) return false;
    }
    if (requestRate === undefined) return true;
    this.#requestsKey ??= this.#buckets.keyOf(`requests ${this.#listenerId}`);
    return this.#buckets.take(this.#requestsKey, requestRate, nowNs);
  }

  #clientKey(address: string): BucketKey {
    const known = this.#clientKeys.get(address);
    if (known !== undefined) return known;
    if (this.#clientKeys.size === MAX_KEYS) this.#clientKeys.clear();
    const key = this.#buckets.keyOf(`client ${this.#listenerId} ${address}`);
    this.#clientKeys.set(address, key);
    return key;
  }
}
