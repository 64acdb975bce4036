// Metrics of the process and of its event loops in a real runtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RuntimeProcess } from '../harness/runtime/runtime.ts';

test('a scrape has processor time, memory and the event loops of the main thread and of each worker', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const positive = [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_eventloop_active_seconds_total',
    'weir_worker_event_loop_active_seconds_total{worker="0"}',
    'weir_stored_version',
  ];
  for (const series of positive) assert.ok((await runtime.metric(series)) >= 0, series);
  assert.ok((await runtime.metric('process_resident_memory_bytes')) > 10_000_000);
});
