// Rates between two readings of a status.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rates } from '../../../../provider/cli/status/rates.ts';
import type { StatusResponse } from '../../../../provider/model/api/status.ts';

type Listener = StatusResponse['listeners'][number];

function status(endpoint: string, counts: Partial<Listener['traffic']>, requests = 0, failedConnects = 0) {
  const traffic = { connections: 0, openConnections: 0, rejectedConnections: 0, requests: 0, errorResponses: 0 };
  const target = { name: 'a', address: '127.0.0.1', port: 1, weight: 1, health: 'healthy' as const, history: [] };
  const listener: Listener = {
    id: 'web',
    endpoint,
    traffic: { ...traffic, ...counts },
    targets: [{ ...target, requests, activeConnections: 0, draining: 0, errorResponses: 0, failedConnects }],
  };
  return { listener, whole: { version: 1, engines: [], workers: [], listeners: [listener] } };
}

const HTTP = 'http://127.0.0.1:80';

test('a rate is taken over at least a second, also when readings follow each other fast', () => {
  const rates = new Rates();
  const at = (ms: number, requests: number, errorResponses: number) => {
    const { listener, whole } = status(HTTP, { requests, errorResponses });
    rates.add(whole, ms);
    return rates.ofListener(listener);
  };
  assert.equal(at(0, 1000, 10), undefined);
  assert.equal(at(100, 1001, 10), undefined);
  assert.deepEqual(at(500, 1050, 15), { perSecond: 100, errorShare: 0.1 });
  assert.deepEqual(at(1000, 1100, 20), { perSecond: 100, errorShare: 0.1 });
  assert.deepEqual(at(1600, 1210, 20), { perSecond: 160 / 1.1, errorShare: 5 / 160 });
  assert.deepEqual(at(3600, 1210, 20), { perSecond: 0, errorShare: undefined });
});

test('connections count for TCP, failed connects are errors, and counts that begin again have no rate', () => {
  const rates = new Rates();
  const before = status('tcp://127.0.0.1:80', { connections: 10, rejectedConnections: 0, requests: 0 }, 10, 0);
  const after = status('tcp://127.0.0.1:80', { connections: 16, rejectedConnections: 2, requests: 0 }, 14, 4);
  rates.add(before.whole, 0);
  rates.add(after.whole, 2000);
  const [target] = after.listener.targets;
  assert.ok(target);
  assert.deepEqual(rates.ofListener(after.listener), { perSecond: 4, errorShare: 0.25 });
  assert.deepEqual(rates.ofTarget(after.listener, target), { perSecond: 4, errorShare: 0.5 });
  rates.add(before.whole, 4000);
  assert.equal(rates.ofTarget(after.listener, target), undefined);
});
