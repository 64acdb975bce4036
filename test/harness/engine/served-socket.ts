// A UDP listening socket that serves one target, without an engine around it.
import { ConnectionGauge, countersMaker, createGauges } from '../../../provider/runtime/embedded/shared/counters.ts';
import { createListenerCounters } from '../../../provider/runtime/embedded/shared/listener-counters.ts';
import type { Log } from '../../../provider/runtime/embedded/shared/messages.ts';
import { UdpListeningSocket } from '../../../provider/runtime/embedded/udp/udp-listening-socket.ts';
import { settings, workerListener } from './fixtures.ts';

const address = '127.0.0.1';

/** The gauge counts the open UDP sessions. */
export async function servedSocket(port: number, targetPort: number, idleTimeoutMs: number, log: Log) {
  const gauge = new ConnectionGauge(createGauges(1), 0);
  const unused = () => {};
  const acceptors = { TCP: unused, HTTP: unused, HTTPS: unused };
  const endpoint = { transport: 'udp', address, port } as const;
  const listeningSocket = await UdpListeningSocket.open(endpoint, {
    acceptors,
    rejecters: {},
    gauge,
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
  return { listeningSocket, gauge };
}
