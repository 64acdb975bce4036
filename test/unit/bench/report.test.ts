// The report of the bench.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Machine } from '../../bench/machine.ts';
import { CHART_NAME, INTRODUCTION, renderDocument, renderReport } from '../../bench/report.ts';
import { NO_RESULTS, type Results, readResults } from '../../bench/results.ts';
import type { BenchSample, Way } from '../../bench/scenarios.ts';

const MACHINE: Machine = {
  date: '2026-11-21',
  cpu: 'Some CPU',
  cores: 2,
  kernel: 'Linux 6.1',
  node: '24.1.0',
  haproxy: '2.6.12',
  nginx: '1.22.1',
  envoy: '1.40.0',
  wrk: '4.1.0',
  load: 0.25,
  isDataInMemory: false,
};

function samples(speeds: readonly number[], cpuMicros: readonly (number | undefined)[]): BenchSample[] {
  return speeds.map((requestsPerSecond, round) => ({ requestsPerSecond, p99Ms: 1.5, cpuMicros: cpuMicros[round] }));
}

/** Results with one scenario, for each way its samples. */
function resultsOf(name: string, ways: readonly (readonly [Way, BenchSample[]])[]): Results {
  const samples = Object.fromEntries(ways);
  return { ...NO_RESULTS, machines: [MACHINE], scenarios: { [name]: { machine: 0, seconds: 3, samples } } };
}

function linesOf(results: Results): string[] {
  return renderReport(results)
    .split('\n')
    .filter((line) => line.startsWith('|'));
}

test('a ratio is the median of the ratios of the rounds, with their interval', () => {
  // In this run the machine was half as fast in the second round, which must not change the ratio.
  const lines = linesOf(
    resultsOf('http-small', [
      ['direct', samples([200_000, 100_000, 200_000], [undefined, undefined, undefined])],
      ['haproxy', samples([100_000, 50_000, 100_000], [10, 20, 10])],
      ['weir', samples([80_000, 40_000, 70_000], [12, 24, 15])],
    ]),
  );
  assert.deepEqual(lines, [
    '| Goal |  | Measured |  |  |',
    '| --- | --- | ---: | ---: | ---: |',
    '| HTTP, kept, 15 bytes: speed to HAProxy | at least 0.95 x | 0.80 (0.70-0.80) | **not met** |  |',
    '| HTTP, kept, 15 bytes: CPU a request to HAProxy | at most 1.1 x | 1.20 (1.20-1.50) | **not met** |  |',
    '| Scenario | Through | Speed to HAProxy | CPU to HAProxy | Speed | p99 | CPU a request |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    '| HTTP, 15 bytes | no proxy | 2.00 |  | 200 k/s | 1.50 ms |  |',
    '|  | HAProxy | 1.00 | 1.00 | 100 k/s | 1.50 ms | 10.0 µs |',
    '|  | Weir | 0.80 (0.70-0.80) | 1.20 (1.20-1.50) | 70.0 k/s | 1.50 ms | 15.0 µs |',
  ]);
});

test('large bodies are given in MB/s, and a single round has no interval', () => {
  const lines = linesOf(resultsOf('http-large', [['haproxy', samples([1000], [500])]]));
  assert.equal(lines.at(-1), '| HTTP, 1 MiB | HAProxy | 1.00 | 1.00 | 1049 MB/s | 1.50 ms | 500 µs |');
});

test('a comparison of two checkouts has their ratios', () => {
  const lines = linesOf(
    resultsOf('tcp-small', [
      ['other', samples([100, 100], [4, 4])],
      ['weir', samples([110, 130], [2, 3])],
    ]),
  );
  assert.match(lines[0] ?? '', /Speed to Weir, the other checkout \| CPU to Weir, the other checkout/);
  assert.match(lines.at(-1) ?? '', /^\| {2}\| Weir \| 1\.20 \(1\.10-1\.30\) \| 0\.63 \(0\.50-0\.75\) \|/);
});

test('writes are given by the number of targets, with their ratio to the first row', () => {
  const sizes = [
    { targets: 10, latenciesMs: [1, 1, 4] },
    { targets: 1000, latenciesMs: [1.5, 1.5, 1.5] },
  ];
  const results = { ...NO_RESULTS, machines: [MACHINE], writes: { machine: 0, sizes, rounds: 3 } };
  const text = renderReport(results);
  assert.ok(text.includes('| 10 | 1.00 ms | 4.00 ms | 1.00 |\n| 1,000 | 1.50 ms | 1.50 ms | 1.50 |\n'), text);
  assert.doesNotMatch(text, /HTTP|in memory/);
  assert.match(renderReport({ ...results, machines: [{ ...MACHINE, isDataInMemory: true }] }), /in memory/);
});

test('the first line names day, machine and versions, and every row of a table has as many cells as its head', () => {
  const rows = [{ what: 'events', bound: '50 ms', measured: '60 ms', isMet: false }];
  const text = renderReport({
    ...resultsOf('http-small', [['haproxy', samples([1], [1])]]),
    writes: { machine: 0, sizes: [{ targets: 10, latenciesMs: [1] }], rounds: 1 },
    bounds: { events: { machine: 0, rows } },
  });
  assert.match(
    text,
    /^2026-11-21: Some CPU, 2 cores, Linux 6\.1, load average 0\.3 .*Node 24\.1\.0, HAProxy 2\.6\.12, /,
  );
  assert.ok(text.includes('| events | 50 ms | 60 ms | **not met** |'), text);
  for (const block of text.split('\n\n').filter((part) => part.startsWith('|'))) {
    const widths = new Set(
      block
        .trim()
        .split('\n')
        .map((line) => line.split('|').length),
    );
    assert.equal(widths.size, 1, block);
  }
});

test('each of several machines is named with the parts that were measured on it', () => {
  const { scenarios } = resultsOf('http-small', [['haproxy', samples([1], [1])]]);
  const rows = [{ what: 'events', bound: '50 ms', measured: '1 ms', isMet: true }];
  const text = renderReport({
    ...NO_RESULTS,
    machines: [MACHINE, { ...MACHINE, date: '2026-11-22' }],
    scenarios,
    bounds: { events: { machine: 1, rows } },
  });
  assert.match(text, /^2026-11-21: .* Measured: http-small\.\n\n2026-11-22: .* Measured: events\.\n/);
});

test('the document begins with its introduction, and is that of the stored results, if there are any', () => {
  const folder = new URL('../../bench/', import.meta.url);
  const document = readFileSync(new URL('README.md', folder), 'utf8');
  assert.ok(document.startsWith(INTRODUCTION));
  const stored = readResults();
  if (stored.machines.length === 0) return;
  assert.equal(document, renderDocument(stored));
  assert.equal(document.includes(CHART_NAME), existsSync(new URL(CHART_NAME, folder)));
});
