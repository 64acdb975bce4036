// The chart of the bench.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderChart } from '../../bench/chart.ts';
import { type BenchScenario, SCENARIOS, type Way } from '../../bench/scenarios.ts';

const [scenario] = SCENARIOS as [BenchScenario];
const sample = (requestsPerSecond: number) => ({ requestsPerSecond, cpuMicros: 1, p99Ms: 1 });
const chart = (ways: readonly Way[]) =>
  renderChart([
    { scenario, samples: new Map(ways.map((way) => [way, [sample(100), sample(way === 'weir' ? 500 : 100)]])) },
  ]);

test('the chart has a bar for each proxy but HAProxy, with its number, and colours for light and dark pages', () => {
  const text = chart(['haproxy', 'envoy', 'weir']) ?? '';
  assert.equal(text.match(/<rect class="(weir|envoy)" x="290"/g)?.length, 2);
  assert.match(text, /3\.00 \(1\.00-5\.00\)/);
  assert.match(text, /prefers-color-scheme: dark/);
  assert.match(text, /HTTP, 15 bytes/);
});

test('a bar ends within the chart, whatever its ratio is', () => {
  const widths = [...(chart(['haproxy', 'weir']) ?? '').matchAll(/x="290" y="\d+" width="([\d.]+)"/g)].map(
    ([, width]) => Number(width),
  );
  assert.ok(widths.length > 0 && widths.every((width) => width <= 440), widths.join());
});

test('without HAProxy there is no chart', () => {
  assert.equal(chart(['weir']), undefined);
});
