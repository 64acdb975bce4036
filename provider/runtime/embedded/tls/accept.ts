// The entry of HTTPS connections: each accepted socket gets TLS around it and carries HTTP like any other.
import { HttpClientConnection } from '../http/exchange/client-connection.ts';
import { rejectHttps } from '../http/exchange/reject.ts';
import { HTTPS } from '../http/message/scheme.ts';
import { secureSocket } from '../io/tls-socket.ts';
import type { AcceptClient, RejectClient } from '../serving/tcp-listening-socket.ts';
import type { WorkerListener } from '../serving/worker-listener.ts';
import { Contexts } from './contexts.ts';
import { HttpsServer } from './handshake.ts';

const HANDSHAKE_MS = 10_000;
/** Handshake time of a client above the connection limit; short, so that slow clients soon make room for others. */
const REJECTED_HANDSHAKE_MS = 3_000;

export class Https {
  readonly #ticketKeys: () => Uint8Array;
  readonly #contexts = new WeakMap<WorkerListener, Contexts>();

  /** `ticketKeys` returns the present session ticket keys, which all workers share. */
  constructor(ticketKeys: () => Uint8Array) {
    this.#ticketKeys = ticketKeys;
  }

  readonly accept: AcceptClient = (accepted, listeningSocket, named) => {
    const server = this.#server(listeningSocket.listener, HANDSHAKE_MS);
    // The connection is tracked during its handshake already, because it counts as open, has an idle timeout, and
    // drains.
    new HttpClientConnection(listeningSocket, HTTPS, (handler) => accepted.toTlsConnection(handler, server, named));
  };

  readonly reject: RejectClient = (accepted, listener, why) => {
    const server = () => this.#server(listener, REJECTED_HANDSHAKE_MS);
    rejectHttps(accepted, why, () => secureSocket(accepted.toSocket(), server()));
  };

  #server(listener: WorkerListener, handshakeMs: number): HttpsServer {
    const { settings, counters } = listener;
    const timeoutMs = Math.min(handshakeMs, settings.idleTimeoutMs);
    return new HttpsServer(this.#contextsOf(listener), timeoutMs, () => counters.handshakeFailed());
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
