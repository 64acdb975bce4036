// One UDP client and its target: each datagram goes there by a connected socket of the session's own, or is picked anew.
import type { Socket } from 'node:dgram';
import { plainAddress } from '../../../model/base/plain-address.ts';
import { takesTraffic } from '../../contract/snapshot.ts';
import type { PickingClient } from '../../select/stickiness.ts';
import { type ConnectionRecord, type RecordedSocket, recordOf } from '../access-log/connection-record.ts';
import { connectedSocket, hasRoom } from '../io/datagram-socket.ts';
import type { Hold, Target } from '../serving/target.ts';
import type { WorkerListener } from '../serving/worker-listener.ts';
import type { TableEntry } from './session-table.ts';

/** The first target and two others. */
const MAX_ATTEMPTS = 3;

/** The session's listener, and the way back to its client. */
export interface SessionContext extends RecordedSocket {
  readonly listener: WorkerListener;
  respond(session: UdpSession, datagram: Buffer): void;
  onLocalFault(error: Error): void;
}

export class UdpSession implements Hold, PickingClient, TableEntry {
  readonly key: string;
  /** The client's, as the socket gave it. */
  readonly address: string;
  readonly port: number;
  usedAtMs = 0;
  /** Payload of datagrams that came from the client, and that went to it. */
  bytesRead = 0;
  bytesWritten = 0;
  readonly #context: SessionContext;
  /** Undefined: there is no access log. */
  readonly #record: ConnectionRecord | undefined;
  /** The one joined last, and why it was left where it refused. */
  #lastTarget: Target | undefined;
  #error: string | undefined;
  #target: Target | undefined;
  #socket: Socket | undefined;
  #onSent: ((error: Error | null) => void) | undefined;

  constructor(key: string, address: string, port: number, context: SessionContext) {
    this.key = key;
    this.address = address;
    this.port = port;
    this.#context = context;
    this.#record = recordOf(context, this);
  }

  get remoteAddress(): string {
    return plainAddress(this.address);
  }

  get remotePort(): number {
    return this.port;
  }

  /** False: no target takes it, and it is dropped. */
  send(datagram: Buffer): boolean {
    this.bytesRead += datagram.length;
    const target = this.#target;
    const isPicked = target?.isBound === true && takesTraffic(target.health);
    if (!isPicked && !this.#pick()) return false;
    const socket = this.#socket as Socket;
    if (hasRoom(socket)) socket.send(datagram, this.#onSent);
    return true;
  }

  /** What is on its way from the target is lost. The next datagram is picked anew. */
  leave(): void {
    const target = this.#target;
    if (!target) return;
    this.#target = undefined;
    target.release(this);
    target.counters.closed();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** For good. */
  end(): void {
    this.leave();
    this.#record?.end({
      rule: undefined,
      target: this.#lastTarget?.key,
      durationMs: Math.max(0, this.usedAtMs - this.#record.startedAtMs),
      retries: 0,
      error: this.#error,
    });
  }

  onUnbind(): void {
    this.leave();
  }

  /** The next datagram is picked anew. */
  transferTo(): boolean {
    return false;
  }

  #pick(): boolean {
    this.leave();
    const tried = new Set<Target>();
    while (tried.size < MAX_ATTEMPTS) {
      const target = this.#context.listener.targets.pick(this, tried);
      if (!target) return false;
      if (this.#join(target)) return true;
      tried.add(target);
    }
    return false;
  }

  #join(target: Target): boolean {
    const socket = connectedSocket(target.address, target.port, {
      onLocalFault: (error) => this.#context.onLocalFault(error),
      onConnectFailed: (error) => target.connectFailed(error),
    });
    if (!socket) return false;
    const onFailed = (error: Error | null) => {
      if (error && this.#socket === socket) this.#failed(target, error);
    };
    socket.on('error', onFailed);
    socket.on('message', (datagram) => {
      if (this.#socket !== socket) return;
      target.connected();
      this.bytesWritten += datagram.length;
      this.#context.respond(this, datagram);
    });
    this.#target = target;
    this.#lastTarget = target;
    this.#error = undefined;
    this.#socket = socket;
    this.#onSent = onFailed;
    target.hold(this);
    target.counters.request();
    target.counters.opened();
    return true;
  }

  /** An ICMP refusal comes with the next call on the socket, whichever that is; others mean a single datagram. */
  #failed(target: Target, error: Error): void {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return;
    target.connectFailed(error);
    this.#error = error.message;
    this.leave();
  }
}
