// The access log entries of one client connection or UDP session; it exists only if there is an access log.

import { performance } from 'node:perf_hooks';
import { plainAddress } from '../../../model/base/plain-address.ts';
import { targetKey } from '../../../model/base/target-key.ts';
import type { ListenerSnapshot } from '../../contract/snapshot.ts';
import type { AccessLog } from './access-log.ts';
import type { AccessEntry } from './line.ts';

/** The fields of an access log entry that the connection itself does not know. */
interface Outcome
  extends Omit<AccessEntry, 'listener' | 'protocol' | 'client' | 'proxy' | 'bytesIn' | 'bytesOut' | 'tlsVersion'> {
  /** The client's address if a trusted proxy named it. */
  readonly forwardedClient?: string | undefined;
}

/** The listening socket that accepted the client. */
export interface RecordedSocket {
  readonly accessLog: AccessLog | undefined;
  /** The listener that the listening socket serves at present. */
  readonly listener: { readonly settings: Pick<ListenerSnapshot, 'id' | 'protocol'> };
}

/** The client's connection, which may already be closed. */
interface RecordedConnection {
  /** Address of the client, read only once because a closed connection has none. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly tlsVersion?: string | undefined;
}

export class ConnectionRecord {
  readonly startedAtMs = performance.now();
  readonly #log: AccessLog;
  readonly #listeningSocket: RecordedSocket;
  readonly #connection: RecordedConnection;
  readonly #client: string;
  /** Bytes that the connection's earlier log entries already include. */
  #bytesIn = 0;
  #bytesOut = 0;
  #tlsVersion: string | undefined;

  constructor(log: AccessLog, listeningSocket: RecordedSocket, connection: RecordedConnection) {
    this.#log = log;
    this.#listeningSocket = listeningSocket;
    this.#connection = connection;
    this.#client = targetKey(plainAddress(connection.remoteAddress), connection.remotePort);
  }

  /** Ends an entry of the access log. Its byte counts begin at the connection's previous entry and include heads. */
  end(outcome: Outcome): void {
    const { bytesRead, bytesWritten } = this.#connection;
    const [bytesIn, bytesOut] = [bytesRead - this.#bytesIn, bytesWritten - this.#bytesOut];
    this.#bytesIn = bytesRead;
    this.#bytesOut = bytesWritten;
    if (!this.#log.isSampled()) return;
    const { id: listener, protocol } = this.#listeningSocket.listener.settings;
    // The TLS version is not known before the handshake, nor after the connection is closed.
    this.#tlsVersion ??= this.#connection.tlsVersion;
    const tlsVersion = this.#tlsVersion;
    const { forwardedClient } = outcome;
    const client = forwardedClient ?? this.#client;
    const proxy = forwardedClient === undefined ? undefined : this.#client;
    this.#log.record({ ...outcome, listener, protocol, client, proxy, bytesIn, bytesOut, tlsVersion });
  }
}

/** Returns the record of a connection, or `undefined` if there is no access log. */
export function recordOf(
  listeningSocket: RecordedSocket,
  connection: RecordedConnection,
): ConnectionRecord | undefined {
  const { accessLog } = listeningSocket;
  return accessLog && new ConnectionRecord(accessLog, listeningSocket, connection);
}
