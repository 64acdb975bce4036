// Properties in the notation of the user: a value of equal meaning keeps its notation, and only drift shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asWritten } from '../../../provider/properties/as-written.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

const written = {
  listenerId: 'http',
  handoverSeconds: 30,
  targets: { b1: { address: '2001:DB8::1', port: 80, weight: 100 }, b2: { address: '10.0.0.2', port: 80 } },
};
const actual = {
  listenerId: 'http',
  manageWeights: true,
  handoverSeconds: 30,
  targets: {
    b1: { address: '2001:db8::1', port: 80, weight: 100 },
    b2: { address: '10.0.0.2', port: 80, weight: 100 },
  },
};

test('defaults and notations that were written stay, and other defaults stay away', () => {
  assert.deepEqual(asWritten(targetAttachment.schema, actual, written), written);
});

test('a weight that was unset outside of Pulumi shows as the default that it means', () => {
  const targets = { ...actual.targets, b1: { address: '2001:db8::1', port: 80 } };
  const weighted = { ...written, targets: { ...written.targets, b1: { ...written.targets.b1, weight: 20 } } };
  const result = asWritten(targetAttachment.schema, { ...actual, targets }, weighted);
  assert.deepEqual(result.targets, { b1: { address: '2001:DB8::1', port: 80, weight: 100 }, b2: written.targets.b2 });
});

test('drift shows: a removed target, an added one, and a changed weight and setting', () => {
  const targets = { b2: { ...actual.targets.b2, weight: 7 }, b9: { address: '10.0.0.9', port: 80 } };
  assert.deepEqual(asWritten(targetAttachment.schema, { ...actual, handoverSeconds: 5, targets }, written), {
    listenerId: 'http',
    handoverSeconds: 5,
    targets: { b2: { address: '10.0.0.2', port: 80, weight: 7 }, b9: { address: '10.0.0.9', port: 80 } },
  });
});

test('a nested object shows only what differs from its defaults or was written', () => {
  const base = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };
  const healthCheck = { protocol: 'HTTP', path: '/', intervalSeconds: 2, method: 'GET', timeoutSeconds: 2 };
  assert.deepEqual(asWritten(listener.schema, { ...base, healthCheck }, { ...base, healthCheck: { path: '/' } }), {
    ...base,
    healthCheck: { protocol: 'HTTP', path: '/', intervalSeconds: 2 },
  });
});
