// Health checks in a process that has used up its descriptors. Prints what they find meanwhile and afterwards, as JSON.
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { HandoverChecks } from '../../../provider/runtime/control/health/handover-checks.ts';
import { CheckSlots } from '../../../provider/runtime/health/check-slots.ts';
import { HealthMonitor } from '../../../provider/runtime/health/monitor.ts';
import { probe } from '../../../provider/runtime/health/probes.ts';
import { TCP_CHECK } from '../control/tcp-check.ts';
import { listenerSnapshot, snapshot, target } from '../engine/fixtures.ts';

const PROTOCOLS = ['TCP', 'HTTP', 'HTTPS', 'UDP'] as const;
const [closedPort = 0] = process.argv.slice(2).map(Number);

const shortages = new Map<string, number>();
const monitor = new HealthMonitor({
  probe: async (of, check, signal) => {
    const result = await probe(of, check, signal);
    if (typeof result === 'object') shortages.set(check.protocol, (shortages.get(check.protocol) ?? 0) + 1);
    return result;
  },
  nowMs: Date.now,
  onChange: () => {},
});
const listeners = PROTOCOLS.map((protocol) => {
  const healthCheck = { ...TCP_CHECK, protocol, intervalMs: 20, timeoutMs: 2_000, unhealthyThreshold: 2 };
  return listenerSnapshot(protocol, 1, [target(closedPort)], {}, { healthCheck });
});
const { key } = target(closedPort);
const states = () => PROTOCOLS.map((protocol) => monitor.state(protocol, key));
for (const protocol of PROTOCOLS) monitor.seed(protocol, key, 'healthy');

// Modules are loaded and a first socket is made before there are no descriptors left.
await new Promise<void>((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => server.close(() => resolve()));
});
const files: number[] = [];
try {
  for (;;) files.push(openSync('/dev/null', 'r'));
} catch {
  // The process has all descriptors that it may have.
}
monitor.apply(snapshot(1, listeners));
const handover = new HandoverChecks(monitor, probe, new CheckSlots()).prove(
  'write',
  [
    {
      targetGroupId: 'TCP',
      check: { ...TCP_CHECK, intervalMs: 20 },
      newTargets: [target(1)],
      oldKeys: [key],
      failsAt: 'targets',
    },
  ],
  0.5,
);
const refused = await handover.then(String, (error: Error) => error.message);
while (PROTOCOLS.some((protocol) => (shortages.get(protocol) ?? 0) < 5))
  await new Promise((resolve) => setTimeout(resolve, 10));
const during = states();
for (const file of files) closeSync(file);
while (states().some((state) => state?.health !== 'unhealthy')) await new Promise((resolve) => setTimeout(resolve, 10));
const after = states().map((state) => state?.lastError);
monitor.close();
process.stdout.write(JSON.stringify({ during, refused, after }));
