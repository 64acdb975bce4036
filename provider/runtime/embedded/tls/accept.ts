// Where an accepted socket of an HTTPS listener comes in: TLS around it, and inside the same HTTP as elsewhere.
import type { AcceptClient } from '../binding.ts';
import { HttpClientConnection } from '../http/client-connection.ts';
import { HTTPS } from '../http/scheme.ts';
import type { WorkerListener } from '../listener.ts';
import { RawSocket } from '../raw-socket.ts';
import { Contexts } from './contexts.ts';
import { secure } from './handshake.ts';

const HANDSHAKE_MS = 10_000;

/** `ticketKeys`: those of all workers, as they are now. */
export function httpsAcceptor(ticketKeys: () => Uint8Array): AcceptClient {
  const present = new WeakMap<WorkerListener, Contexts>();

  const contextsOf = (listener: WorkerListener): Contexts => {
    const { certificates } = listener.snapshot;
    const keys = ticketKeys();
    const contexts = present.get(listener);
    if (contexts?.isOf(certificates, keys)) return contexts;
    const next = new Contexts(certificates, keys, contexts);
    present.set(listener, next);
    return next;
  };

  return (carrier, binding) => {
    const { listener } = binding;
    const timeoutMs = Math.min(HANDSHAKE_MS, listener.snapshot.idleTimeoutMs);
    const socket = secure(carrier, contextsOf(listener), timeoutMs);
    // Already while it shakes hands: it is open, it may be idle for so long, and a drain ends it.
    new HttpClientConnection(binding, HTTPS, (handler) => RawSocket.accept(socket, handler, { carrier }));
  };
}
