// The ids that `create` gives: equal for a repeated create, different for another object, and always allowed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newIncarnation, newObjectId } from '../../../provider/methods/object-id.ts';
import { resourceName } from '../../../provider/model/base/urn.ts';
import { backendServer } from '../../../provider/resources/backend-server.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { loadBalancer } from '../../../provider/resources/load-balancer.ts';
import { assertHolds } from '../../harness/properties/properties.ts';

const URN = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:Listener::';
const http = { owner: `${URN}http`, loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };

test('the id is the name with eight digits of a hash, and the same each time', () => {
  assert.match(newObjectId(listener, http), /^http-[0-9a-f]{8}$/);
  assert.equal(newObjectId(listener, { ...http, port: 81 }), newObjectId(listener, http));
});

test('another parent, owner or load balancer type gives another id', () => {
  const lb = { owner: `${URN}http` };
  const ids = [
    newObjectId(listener, http),
    newObjectId(listener, { ...http, loadBalancerId: 'lb2' }),
    newObjectId(listener, { ...http, owner: `${URN.replace('dev', 'prod')}http` }),
    newObjectId(loadBalancer, lb),
    newObjectId(loadBalancer, { ...lb, type: 'classic' }),
  ];
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(newObjectId(loadBalancer, { ...lb, type: 'application' }), newObjectId(loadBalancer, lb));
});

test('the id of a server begins with the prefix of its kind, and another kind gives another id', () => {
  const server = { owner: `${URN}db`, region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.1'] };
  assert.match(newObjectId(backendServer, server), /^i-db-[0-9a-f]{8}$/);
  assert.match(newObjectId(backendServer, { ...server, kind: 'eni' }), /^eni-db-[0-9a-f]{8}$/);
  assert.equal(
    newObjectId(backendServer, { ...server, kind: 'ecs', region: 'eu-2' }),
    newObjectId(backendServer, server),
  );
});

test('any name gives an id that the API allows', () => {
  assertHolds(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      assert.match(newObjectId(listener, { ...http, owner: URN + name }), /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
      assert.match(newObjectId(backendServer, { kind: 'eci', owner: URN + name }), /^eci-[A-Za-z0-9._-]{8,124}$/);
    }),
  );
});

test('a name may contain colons', () => {
  assert.equal(resourceName({ owner: `${URN}a::b` }), 'a::b');
});

test('no two incarnations are equal', () => {
  assert.notEqual(newIncarnation({}), newIncarnation({}));
});
