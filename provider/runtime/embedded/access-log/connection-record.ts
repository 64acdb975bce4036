// What one client connection notes for its lines in the access log; made only where there is one.

import { plainAddress } from '../../../model/base/plain-address.ts';
import { targetKey } from '../../../model/base/target-key.ts';
import type { ListenerSnapshot } from '../../contract/snapshot.ts';
import type { AccessLog } from './access-log.ts';
import type { AccessEntry } from './line.ts';

/** What the connection does not know by itself. */
type Outcome = Omit<AccessEntry, 'listener' | 'protocol' | 'client' | 'bytesIn' | 'bytesOut' | 'tlsVersion'>;

/** The binding that the client came to. */
export interface RecordedSocket {
  readonly accessLog: AccessLog | undefined;
  /** As it is now. */
  readonly listener: { readonly settings: Pick<ListenerSnapshot, 'id' | 'protocol'> };
}

/** The client's connection, also when it is closed. */
interface RecordedConnection {
  /** At the beginning. */
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
  /** In earlier lines. */
  #bytesIn = 0;
  #bytesOut = 0;
  #tlsVersion: string | undefined;

  constructor(log: AccessLog, listeningSocket: RecordedSocket, connection: RecordedConnection) {
    this.#log = log;
    this.#listeningSocket = listeningSocket;
    this.#connection = connection;
    this.#client = targetKey(plainAddress(connection.remoteAddress), connection.remotePort);
  }

  /** The bytes are those of the connection since its last entry, heads included. */
  end(outcome: Outcome): void {
    const { bytesRead, bytesWritten } = this.#connection;
    const [bytesIn, bytesOut] = [bytesRead - this.#bytesIn, bytesWritten - this.#bytesOut];
    this.#bytesIn = bytesRead;
    this.#bytesOut = bytesWritten;
    if (!this.#log.isSampled()) return;
    const { id: listener, protocol } = this.#listeningSocket.listener.settings;
    // Not known before the handshake, nor when it is closed.
    this.#tlsVersion ??= this.#connection.tlsVersion;
    const tlsVersion = this.#tlsVersion;
    this.#log.record({ ...outcome, listener, protocol, client: this.#client, bytesIn, bytesOut, tlsVersion });
  }
}

/** Undefined: there is no access log. */
export function recordOf(
  listeningSocket: RecordedSocket,
  connection: RecordedConnection,
): ConnectionRecord | undefined {
  const { accessLog } = listeningSocket;
  return accessLog && new ConnectionRecord(accessLog, listeningSocket, connection);
}
