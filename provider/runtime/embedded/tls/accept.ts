// The entry of HTTPS connections: each accepted socket gets TLS around it and carries HTTP like any other.
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
    const carrier = accepted.toSocket();
    const socket = this.#secure(carrier, listeningSocket.listener, HANDSHAKE_MS);
    // The connection is tracked during its handshake already, because it counts as open, has an idle timeout, and
    // drains.
    new HttpClientConnection(listeningSocket, HTTPS, (handler) =>
      TlsConnection.accept(socket, carrier, handler, named),
    );
  };

  readonly reject: RejectClient = (accepted, listener, why) => {
    rejectHttps(accepted, why, () => this.#secure(accepted.toSocket(), listener, REJECTED_HANDSHAKE_MS));
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
