// Metrics of the runtime's process and of the event loop of its main thread, under the usual names of Node.js.
import { stat } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Metrics whose cost grows with the number of connections, or that say nothing of a proxy. */
const LEFT_OUT = [
  'process_open_fds',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];

/** Returns a registry that measures from now on; there should be one for a process. */
export function processMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const name of LEFT_OUT) register.removeSingleMetric(name);
  const registers = [register];
  new Gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors of the process. Linux 6.2 or newer.',
    registers,
    async collect() {
      // The size of this folder is the number of its entries since Linux 6.2, and 0 before.
      const { size } = await stat('/proc/self/fd').catch(() => ({ size: 0 }));
      if (size > 0) this.set(size);
      else this.remove();
    },
  });
  new Counter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time in which the event loop of the main thread, which serves the API and checks, had work.',
    registers,
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1000);
    },
  });
  return register;
}
