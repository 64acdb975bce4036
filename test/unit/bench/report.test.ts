// The report of the bench.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Machine } from '../../bench/machine.ts';
import { INTRODUCTION, renderDocument, renderReport } from '../../bench/report.ts';
import {
  type BenchSample,
  type BenchScenario,
  SCENARIOS,
  type ScenarioResult,
  type Way,
} from '../../bench/scenarios.ts';

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

function scenario(path: BenchScenario['path']): BenchScenario {
  const found = SCENARIOS.find((one) => one.path === path);
  assert.ok(found !== undefined);
  return found;
}

function result(path: BenchScenario['path'], ways: [Way, BenchSample[]][]): ScenarioResult {
  return { scenario: scenario(path), samples: new Map(ways) };
}

function linesOf(scenarios: readonly ScenarioResult[]): string[] {
  const text = renderReport({ machine: MACHINE, rounds: 3, seconds: 3, scenarios, writes: [], bounds: [] });
  return text.split('\n').filter((line) => line.startsWith('|'));
}

test('a ratio is the median of the ratios of the rounds, with their range', () => {
  // In this run the machine was half as fast in the second round, which must not change the ratio.
  const lines = linesOf([
    result('/small', [
      ['direct', samples([200_000, 100_000, 200_000], [undefined, undefined, undefined])],
      ['haproxy', samples([100_000, 50_000, 100_000], [10, 20, 10])],
      ['weir', samples([80_000, 40_000, 70_000], [12, 24, 15])],
    ]),
  ]);
  assert.deepEqual(lines.slice(2), [
    '| HTTP, 15 bytes | no proxy | 2.00 |  |  | 200 k/s | 1.50 ms |  |',
    '|  | HAProxy | 1.00 |  | 1.00 | 100 k/s | 1.50 ms | 10.0 µs |',
    '|  | Weir | 0.80 (0.70-0.80) |  | 1.20 (1.20-1.50) | 70.0 k/s | 1.50 ms | 15.0 µs |',
    "| Goal: Weir's speed at least | Scenario | Measured |  |",
    '| --- | --- | ---: | ---: |',
    '| HTTP: 0.5 x HAProxy | HTTP, 15 bytes | 0.80 (0.70-0.80) | met |',
  ]);
});

test('large bodies are given in MB/s, and a single round has no range', () => {
  const [, , line] = linesOf([result('/large', [['haproxy', samples([1000], [500])]])]);
  assert.equal(line, '| HTTP, 1 MiB | HAProxy | 1.00 |  | 1.00 | 1049 MB/s | 1.50 ms | 500 µs |');
});

test('the median decides whether a goal is met, and a goal for a peer that was not measured is left out', () => {
  const lines = linesOf([
    result('/small', [
      ['haproxy', samples([100, 100, 100], [1, 1, 1])],
      ['envoy', samples([40, 40, 40], [1, 1, 1])],
      ['weir', samples([20, 60, 62], [1, 1, 1])],
    ]),
  ]);
  assert.deepEqual(lines.slice(-2), [
    '| HTTP: 1.5 x Envoy | HTTP, 15 bytes | 1.50 (0.50-1.55) | met |',
    '| HTTP: 0.5 x HAProxy | HTTP, 15 bytes | 0.60 (0.20-0.62) | met |',
  ]);
  const [line] = linesOf([
    result('/small', [
      ['haproxy', samples([100], [1])],
      ['weir', samples([49], [1])],
    ]),
  ]).slice(-1);
  assert.equal(line, '| HTTP: 0.5 x HAProxy | HTTP, 15 bytes | 0.49 | **not met** |');
});

test('writes are given by the number of targets, with their ratio to the first row', () => {
  const report = { machine: MACHINE, rounds: 3, seconds: 3, scenarios: [], bounds: [] };
  const writes = [
    { targets: 10, latenciesMs: [1, 1, 4] },
    { targets: 1000, latenciesMs: [1.5, 1.5, 1.5] },
  ];
  const text = renderReport({ ...report, writes });
  assert.ok(text.includes('| 10 | 1.00 ms | 4.00 ms | 1.00 |\n| 1,000 | 1.50 ms | 1.50 ms | 1.50 |\n'), text);
  assert.doesNotMatch(text, /HTTP|in memory/);
  assert.match(renderReport({ ...report, machine: { ...MACHINE, isDataInMemory: true }, writes }), /in memory/);
});

test('the first line names day, machine and versions, and every row of a table has as many cells as its head', () => {
  const text = renderReport({
    machine: MACHINE,
    rounds: 1,
    seconds: 1,
    scenarios: [result('/small', [['haproxy', samples([1], [1])]])],
    writes: [{ targets: 10, latenciesMs: [1] }],
    bounds: [{ what: 'events', bound: '50 ms', measured: '60 ms', isMet: false }],
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

test('the document of the last run is of the form that the next run will write', () => {
  const measured = { scenario: scenario('/small'), samples: new Map([['haproxy', samples([1], [1])]] as const) };
  const next = renderDocument({
    machine: MACHINE,
    rounds: 1,
    seconds: 1,
    scenarios: [{ ...measured, samples: new Map([...measured.samples, ['weir', samples([1], [1])]]) }],
    writes: [{ targets: 10, latenciesMs: [1] }],
    bounds: [{ what: 'events', bound: '50 ms', measured: '60 ms', isMet: false }],
  });
  const last = readFileSync(new URL('../../bench/README.md', import.meta.url), 'utf8');
  // The figures are left out, and so are the rows of tables, because their number depends on what was measured.
  const form = (text: string) =>
    text
      .replace(/[\d.,]+/g, '0')
      .split('\n')
      .filter((line) => !/^\|(?! Scenario| Goal| Targets| Bound)|^0-0-0:/.test(line));
  assert.ok(last.startsWith(INTRODUCTION));
  assert.deepEqual(form(last), form(next));
});
