// API objects of listeners: fingerprints instead of secrets, and warnings about certificates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectResponse } from '../../../../provider/model/api/objects-by-kind.ts';
import { fingerprint } from '../../../../provider/model/base/secrets.ts';
import { listenerSchema } from '../../../../provider/model/objects/listener.ts';
import { toApiObject } from '../../../../provider/runtime/api/api-object.ts';
import { ADMINISTRATOR } from '../../../../provider/runtime/control/access/access.ts';
import type { ControlPlane } from '../../../../provider/runtime/control/control-plane.ts';
import { Model } from '../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../provider/runtime/stored/object.ts';
import { makePair } from '../../../harness/machine/certificates.ts';

const DAY_MS = 86_400_000;
const pair = makePair(['a.example']);
const cookieKey = 'planted-cookie-key';
const listener = {
  ...{ kind: 'listeners', id: 'web', owner: undefined, incarnation: 'i', version: 1 },
  properties: listenerSchema.parse({
    ...{ loadBalancerId: 'lb', protocol: 'HTTPS', port: 443 },
    certificates: { 'a.b': pair },
    stickySession: { type: 'cookie', cookieKey },
  }),
  state: { cookieKey: 'planted-own-key' },
} as StoredObject<'listeners'>;
const control = {
  ...{ model: Model.of(1, [listener]), refusals: [] },
  compiled: { snapshot: { targetGroups: new Map() } },
} as unknown as ControlPlane;

test('the API object of a listener matches its schema, with fingerprints and without private keys', () => {
  const response = toApiObject(listener, control, ADMINISTRATOR);
  assert.deepEqual(response.certificates, {
    'a.b': { certificate: pair.certificate, privateKeyFingerprint: fingerprint(pair.privateKey.trim()) },
  });
  assert.deepEqual(response.stickySession, { type: 'cookie', cookieKeyFingerprint: fingerprint(cookieKey) });
  assert.deepEqual(objectResponse('listeners').safeParse(response).error, undefined);
  assert.doesNotMatch(JSON.stringify(response), /planted|PRIVATE KEY/);
});

test('a listener with an expired certificate has a warning', (t) => {
  assert.equal(toApiObject(listener, control, ADMINISTRATOR).warnings, undefined);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 366 * DAY_MS });
  const [warning, ...rest] = toApiObject(listener, control, ADMINISTRATOR).warnings as string[];
  assert.match(warning ?? '', /^certificates\["a\.b"\] has expired: it was valid to /);
  assert.deepEqual(rest, []);
});
