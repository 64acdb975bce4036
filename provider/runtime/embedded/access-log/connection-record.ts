// What one client connection notes for its lines in the access log; made only where there is one.
import { targetKey } from '../../../model/target-key.ts';
import { plainAddress } from '../../proxy-protocol.ts';
import type { Binding } from '../binding.ts';
import type { RawSocket } from '../raw-socket.ts';
import type { AccessLog } from './access-log.ts';
import type { AccessEntry } from './line.ts';

/** What the connection does not know by itself. */
export type Outcome = Omit<AccessEntry, 'listener' | 'protocol' | 'client' | 'bytesIn' | 'bytesOut' | 'tlsVersion'>;

export class ConnectionRecord {
  readonly startedAtMs = performance.now();
  readonly #log: AccessLog;
  readonly #binding: Binding;
  readonly #socket: RawSocket;
  readonly #client: string;
  /** In earlier lines. */
  #bytesIn = 0;
  #bytesOut = 0;
  #tlsVersion: string | undefined;

  constructor(log: AccessLog, binding: Binding, socket: RawSocket) {
    this.#log = log;
    this.#binding = binding;
    this.#socket = socket;
    this.#client = targetKey(plainAddress(socket.remoteAddress), socket.remotePort);
  }

  /** The bytes are those of the connection since its last entry, heads included. */
  end(outcome: Outcome): void {
    const { bytesRead, bytesWritten } = this.#socket;
    const [bytesIn, bytesOut] = [bytesRead - this.#bytesIn, bytesWritten - this.#bytesOut];
    this.#bytesIn = bytesRead;
    this.#bytesOut = bytesWritten;
    if (!this.#log.isSampled()) return;
    const { id: listener, protocol } = this.#binding.listener.snapshot;
    // Not known before the handshake, nor when it is closed.
    this.#tlsVersion ??= this.#socket.tlsVersion;
    const tlsVersion = this.#tlsVersion;
    this.#log.record({ ...outcome, listener, protocol, client: this.#client, bytesIn, bytesOut, tlsVersion });
  }
}

/** Undefined: there is no access log. */
export function recordOf(binding: Binding, socket: RawSocket): ConnectionRecord | undefined {
  const { accessLog } = binding;
  return accessLog && new ConnectionRecord(accessLog, binding, socket);
}
