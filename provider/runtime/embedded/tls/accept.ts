// Where an accepted socket of an HTTPS listener comes in: TLS around it, and inside the same HTTP as elsewhere.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { HttpClientConnection } from '../http/exchange/client-connection.ts';
import { rejectHttps } from '../http/exchange/reject.ts';
import { HTTPS } from '../http/message/scheme.ts';
import { TlsConnection } from '../io/tls-connection.ts';
import type { AcceptClient, RejectClient } from '../serving/tcp-listening-socket.ts';
import type { WorkerListener } from '../serving/worker-listener.ts';
import { Contexts } from './contexts.ts';
import { secure } from './handshake.ts';

const HANDSHAKE_MS = 10_000;
/** Of a client that is turned away, so that those who do not shake hands soon make room for others. */
const REJECTED_HANDSHAKE_MS = 3_000;

export class Https {
  readonly #ticketKeys: () => Uint8Array;
  readonly #contexts = new WeakMap<WorkerListener, Contexts>();

  /** `ticketKeys`: those of all workers, as they are now. */
  constructor(ticketKeys: () => Uint8Array) {
    this.#ticketKeys = ticketKeys;
  }

  readonly accept: AcceptClient = (carrier, listeningSocket) => {
    const socket = this.#secure(carrier, listeningSocket.listener, HANDSHAKE_MS);
    // Already while it shakes hands: it is open, it may be idle for so long, and a drain ends it.
    new HttpClientConnection(listeningSocket, HTTPS, (handler) => TlsConnection.accept(socket, carrier, handler));
  };

  readonly reject: RejectClient = (carrier, listener) => {
    rejectHttps(carrier, () => this.#secure(carrier, listener, REJECTED_HANDSHAKE_MS));
  };

  #secure(carrier: Socket, listener: WorkerListener, handshakeMs: number): TLSSocket {
    const { settings, counters } = listener;
    const timeoutMs = Math.min(handshakeMs, settings.idleTimeoutMs);
    return secure(carrier, this.#contextsOf(listener), timeoutMs, () => counters.handshakeFailed());
  }

  #contextsOf(listener: WorkerListener): Contexts {
    const { certificates } = listener.settings;
    const keys = this.#ticketKeys();
    const contexts = this.#contexts.get(listener);
    if (contexts?.isOf(certificates, keys)) return contexts;
    const next = new Contexts(certificates, keys, contexts);
    this.#contexts.set(listener, next);
    return next;
  }
}
