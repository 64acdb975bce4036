// A UDP listening socket that serves one target, without an engine around it.
import {
  createDescriptorCounters,
  descriptors,
  openClients,
} from '../../../provider/runtime/embedded/io/descriptors.ts';
import { countersMaker } from '../../../provider/runtime/embedded/shared/counters.ts';
import { createListenerCounters } from '../../../provider/runtime/embedded/shared/listener-counters.ts';
import type { Log } from '../../../provider/runtime/embedded/shared/messages.ts';
import { UdpListeningSocket } from '../../../provider/runtime/embedded/udp/udp-listening-socket.ts';
import { settings, workerListener } from './fixtures.ts';

const address = '127.0.0.1';

/** `sessions` returns the number of the open UDP sessions. */
export async function servedSocket(port: number, targetPort: number, idleTimeoutMs: number, log: Log) {
  const shared = createDescriptorCounters(1);
  descriptors.share(shared, 0);
  const unused = () => {};
  const acceptors = { TCP: unused, HTTP: unused, HTTPS: unused };
  const endpoint = { transport: 'udp', address, port } as const;
  const listeningSocket = await UdpListeningSocket.open(endpoint, {
    acceptors,
    rejecters: {},
    isPortShared: true,
    log,
  });
  const ofListener = { ...settings('dns', port), protocol: 'UDP', idleTimeoutMs } as const;
  const listener = workerListener(ofListener, createListenerCounters(1));
  const counters = countersMaker(1)();
  const target = { key: 'a', address, port: targetPort, weight: 100 };
  const state = { health: 'unchecked', begunAtMs: undefined, number: 0, slot: 0, counters } as const;
  listener.targets.update({ upserted: [{ target, ...state }] });
  listeningSocket.serve(listener);
  return { listeningSocket, sessions: () => openClients(shared, 0) };
}
