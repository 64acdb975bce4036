// One UDP binding in a process of its own, for a test that limits how many files that may open. Arguments: port, target's port.
import { ConnectionGauge, createCounters, createGauges } from '../../../../../provider/runtime/embedded/counters.ts';
import { createListenerCounters } from '../../../../../provider/runtime/embedded/listener-counters.ts';
import { UdpBinding } from '../../../../../provider/runtime/embedded/udp/binding.ts';
import { settings, workerListener } from '../fixtures.ts';

const [port = 0, targetPort = 0] = process.argv.slice(2).map(Number);
const address = '127.0.0.1';
const unused = () => {};
const binding = await UdpBinding.open(
  { transport: 'udp', address, port },
  {
    acceptors: { TCP: unused, HTTP: unused, HTTPS: unused },
    refusers: {},
    gauge: new ConnectionGauge(createGauges(1), 0),
    isPortShared: true,
    log: (_level, message, fields) => process.send?.(`${message} ${JSON.stringify(fields)}`),
  },
);
const listener = workerListener({ ...settings('dns', port), protocol: 'UDP' }, createListenerCounters(1));
const counters = createCounters(1);
const target = { key: 'a', address, port: targetPort, weight: 100, health: 'unchecked', begunAtMs: undefined } as const;
listener.targets.upsert({ ...target, number: 0, slot: 0, counters });
listener.targets.rebuild();
binding.serve(listener);
process.send?.('serves');
