// One UDP binding that serves one target, without an engine around it.
import { ConnectionGauge, createCounters, createGauges } from '../../../provider/runtime/embedded/shared/counters.ts';
import { createListenerCounters } from '../../../provider/runtime/embedded/shared/listener-counters.ts';
import type { Log } from '../../../provider/runtime/embedded/shared/messages.ts';
import { UdpBinding } from '../../../provider/runtime/embedded/udp/listening-socket.ts';
import { settings, workerListener } from './fixtures.ts';

const address = '127.0.0.1';

/** Its gauge counts its sessions. */
export async function servedBinding(port: number, targetPort: number, idleTimeoutMs: number, log: Log) {
  const gauge = new ConnectionGauge(createGauges(1), 0);
  const unused = () => {};
  const acceptors = { TCP: unused, HTTP: unused, HTTPS: unused };
  const endpoint = { transport: 'udp', address, port } as const;
  const binding = await UdpBinding.open(endpoint, { acceptors, refusers: {}, gauge, isPortShared: true, log });
  const ofListener = { ...settings('dns', port), protocol: 'UDP', idleTimeoutMs } as const;
  const listener = workerListener(ofListener, createListenerCounters(1));
  const counters = createCounters(1);
  const target = {
    key: 'a',
    address,
    port: targetPort,
    weight: 100,
    health: 'unchecked',
    begunAtMs: undefined,
  } as const;
  listener.targets.update({ upserted: [{ ...target, number: 0, slot: 0, counters }] });
  binding.serve(listener);
  return { binding, gauge };
}
