// A UDP session: one client and its target, reached by a connected socket of the session's own.
import type { Socket } from 'node:dgram';
import { plainAddress } from '../../../model/base/plain-address.ts';
import { takesTraffic } from '../../contract/snapshot.ts';
import type { PickingClient } from '../../select/stickiness.ts';
import { type ConnectionRecord, type RecordedSocket, recordOf } from '../access-log/connection-record.ts';
import { connectedSocket, hasRoom } from '../io/datagram-socket.ts';
import type { Hold, Target } from '../serving/target.ts';
import type { WorkerListener } from '../serving/worker-listener.ts';
import type { TableEntry } from './session-table.ts';

/** Targets that are tried for one datagram: the first one and two others. */
const MAX_ATTEMPTS = 3;

/** The interface of a UDP session to its listening socket: the present listener, and the way back to the client. */
export interface SessionContext extends RecordedSocket {
  readonly listener: WorkerListener;
  respond(session: UdpSession, datagram: Buffer): void;
  /** This machine has no socket for the session. Returns `true` if another session ended, so that there may be one. */
  onLocalFault(session: UdpSession, error: Error): boolean;
}

export class UdpSession implements Hold, PickingClient, TableEntry {
  readonly key: string;
  /** Address and port of the client, as the socket reported them. */
  readonly address: string;
  readonly port: number;
  usedAtMs = 0;
  /** Payload bytes of datagrams: `bytesRead` came from the client, `bytesWritten` went to it. */
  bytesRead = 0;
  bytesWritten = 0;
  readonly #context: SessionContext;
  /** The session's access log entry. `undefined` if there is no access log. */
  readonly #record: ConnectionRecord | undefined;
  /** The session's last target, and the error if that target refused a datagram. */
  #lastTarget: Target | undefined;
  #error: string | undefined;
  #target: Target | undefined;
  #carried: string | undefined;
  #socket: Socket | undefined;
  #onSent: ((error: Error | null) => void) | undefined;

  /** `carried`: key of the target that the client had in the process before this one. */
  constructor(key: string, address: string, port: number, context: SessionContext, carried?: string) {
    this.key = key;
    this.#carried = carried;
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

  get targetKey(): string | undefined {
    return this.#target?.key;
  }

  /** Sends a datagram to the target. Returns `false` if no target takes the datagram, which is then dropped. */
  send(datagram: Buffer): boolean {
    this.bytesRead += datagram.length;
    const target = this.#target;
    const isPicked = target?.isBound === true && takesTraffic(target.health);
    if (!isPicked && !this.#pick()) return false;
    const socket = this.#socket as Socket;
    if (hasRoom(socket)) socket.send(datagram, this.#onSent);
    return true;
  }

  /**
   * Gives up the session's target and closes the socket to it; datagrams that the target still sends are lost. The next
   * datagram of the client picks a target again.
   */
  leave(): void {
    const target = this.#target;
    if (!target) return;
    this.#target = undefined;
    target.release(this);
    target.counters.closed();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Ends the session for good and writes its access log entry. */
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

  /** Returns `false`: a target is picked again for the next datagram. */
  transferTo(): boolean {
    return false;
  }

  #pick(): boolean {
    this.leave();
    const carried = this.#carried === undefined ? undefined : this.#context.listener.targets.target(this.#carried);
    this.#carried = undefined;
    if (carried?.isBound && takesTraffic(carried.health) && this.#join(carried)) return true;
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
    const socket = this.#open(target);
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

  #open(target: Target): Socket | undefined {
    let hasRoom = false;
    const failures = {
      onLocalFault: (error: Error) => {
        hasRoom = this.#context.onLocalFault(this, error);
      },
      onConnectFailed: (error: Error) => target.connectFailed(error),
    };
    const { address, port } = target;
    return connectedSocket(address, port, failures) ?? (hasRoom ? connectedSocket(address, port, failures) : undefined);
  }

  /**
   * Handles an error of the session's socket. An ICMP refusal appears at the next call on the socket; any other error
   * concerns a single datagram.
   */
  #failed(target: Target, error: Error): void {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return;
    target.connectFailed(error);
    this.#error = error.message;
    this.leave();
  }
}
