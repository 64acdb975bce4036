// Servers as targets: when binding a server fails, and how changes of bound servers take effect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../provider/runtime/compile/compile.ts';
import { eligibilityWarnings } from '../../../../provider/runtime/control/write/attachments.ts';
import { deleteObject } from '../../../../provider/runtime/control/write/changes.ts';
import { Draft, type Model } from '../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put, writeErrorOf } from '../../../harness/control/drafts.ts';

const SERVER = { region: 'r1', vpcId: 'vpc-1', addresses: ['10.0.0.1', '10.0.0.2'] };

function putServer(draft: Draft, id: string, difference: object = {}): void {
  put(draft, 'backend-servers', id, { ...SERVER, ...difference });
}

function bind(draft: Draft, targets: Record<string, unknown>): void {
  put(draft, 'attachments', 'pool', { listenerId: 'web', defaultPort: 80, targets });
}

/** A model with a load balancer in region r1, a listener, and the servers i-1 and i-2. */
function shop(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { region: 'r1', vpcId: 'vpc-1' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'TCP', port: 9000 });
  putServer(draft, 'i-1');
  putServer(draft, 'i-2', { addresses: ['10.0.0.9'] });
  return draft;
}

function served(draft: Draft): [key: string, ineligible: string | undefined][] {
  const targets = compile(draft).snapshot.targetGroups.get('web')?.targets.values() ?? [];
  return [...targets].map(({ key, ineligible }) => [key, ineligible]);
}

test('a server is bound at its first address, or at the address that the target names', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1' }, b: { serverId: 'i-1', address: '10.0.0.2', port: 81 } });
  assert.deepEqual(served(draft), [
    ['10.0.0.1:80', undefined],
    ['10.0.0.2:81', undefined],
  ]);
});

test('an error lists each invalid target with its code, and the attachment is not applied', () => {
  const draft = shop();
  putServer(draft, 'i-3', { region: 'r2', addresses: ['10.0.0.3'] });
  putServer(draft, 'i-4', { status: 'Stopped', addresses: ['10.0.0.4'] });
  const version = draft.version;
  const refusal = writeErrorOf(() =>
    bind(draft, { a: { serverId: 'i-1' }, b: { serverId: 'i-3' }, c: { serverId: 'i-4' }, d: { serverId: 'i-5' } }),
  );
  assert.equal(refusal?.code, 'InvalidParameter');
  assert.deepEqual(
    refusal?.details.map(({ path, code }) => [path, code]),
    [
      ['targets.d.serverId', undefined],
      ['targets.b', 'NetworkConflict'],
      ['targets.c', 'IncorrectStatus.RSByPassToas'],
    ],
  );
  assert.equal(draft.version, version);
});

test('a target cannot name an address or type that its server does not have', () => {
  const draft = shop();
  const refusal = writeErrorOf(() =>
    bind(draft, { a: { serverId: 'i-1', address: '10.0.0.7' }, b: { serverId: 'i-2', type: 'eni' } }),
  );
  assert.deepEqual(
    refusal?.details.map(({ path }) => path),
    ['targets.a', 'targets.b'],
  );
});

test('a server and a bare address with the same target key are one target', () => {
  const draft = shop();
  const refusal = writeErrorOf(() => bind(draft, { a: { serverId: 'i-2' }, b: { address: '10.0.0.9' } }));
  assert.equal(refusal?.code, 'InvalidBackendServers.ServerIpConflict');
  // The next write leaves the number of targets unchanged and adds no new target key, but is refused all the same.
  bind(draft, { a: { serverId: 'i-2' }, b: { address: '10.0.0.8' } });
  const again = writeErrorOf(() => bind(draft, { a: { serverId: 'i-2' }, b: { address: '10.0.0.9' } }));
  assert.equal(again?.code, 'InvalidBackendServers.ServerIpConflict');
});

test('a stopped server stays bound as ineligible, accepts weight changes, and is eligible once it runs', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1' } });
  putServer(draft, 'i-1', { status: 'Stopped' });
  assert.deepEqual(served(draft), [['10.0.0.1:80', 'server i-1 is Stopped, not Running']]);
  bind(draft, { a: { serverId: 'i-1', weight: 5 } });
  putServer(draft, 'i-1');
  assert.deepEqual(served(draft), [['10.0.0.1:80', undefined]]);
});

test('an attachment has a warning for each of ten ineligible targets, and a count of the others', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1' }, b: { serverId: 'i-2' } });
  putServer(draft, 'i-2', { addresses: ['10.0.0.9'], isolated: true });
  const warnings = () => eligibilityWarnings(draft, draft.get('attachments', 'pool') as StoredObject<'attachments'>);
  assert.deepEqual(warnings(), ['targets.b is ineligible: server i-2 is isolated']);
  bind(draft, Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`t${i}`, { serverId: 'i-1', port: 81 + i }])));
  putServer(draft, 'i-1', { status: 'Stopped' });
  assert.deepEqual([warnings().length, warnings().at(-1)], [11, '2 more targets are ineligible']);
});

test('a bound server that changes its network or loses its bound address is ineligible', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1', address: '10.0.0.2' } });
  putServer(draft, 'i-1', { vpcId: 'vpc-2' });
  assert.match(served(draft)[0]?.[1] ?? '', /VPC vpc-2/);
  putServer(draft, 'i-1', { addresses: ['10.0.0.1'] });
  assert.match(served(draft)[0]?.[1] ?? '', /has no address 10.0.0.2/);
});

test('whether a server has expired follows from the time, both ways, and makes no version', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1' } });
  putServer(draft, 'i-1', { expiresAt: '1970-01-01T00:00:10Z' });
  putServer(draft, 'i-2', { expiresAt: '1970-01-01T00:00:20Z' });
  const model = draft.toModel();
  const reasonAt = (seen: Model) => served(new Draft(seen))[0]?.[1];
  const [early, late] = [model.at(9_999), model.at(10_000)];
  assert.equal(early, model);
  assert.deepEqual([reasonAt(late), late.version], ['server i-1 has expired', model.version]);
  assert.deepEqual([late.at(19_999), late.get('backend-servers', 'i-2')], [late, model.get('backend-servers', 'i-2')]);
  const back = late.at(30_000).at(0);
  assert.equal(reasonAt(back), undefined);
  assert.deepEqual(back.get('backend-servers', 'i-1'), model.get('backend-servers', 'i-1'));
  const next = new Draft(late, 10_000);
  putServer(next, 'i-1', { expiresAt: '1970-01-01T00:00:10Z' });
  assert.equal(next.isChanged, false, 'an equal put of an expired server changes nothing');
  putServer(next, 'i-1', { expiresAt: '1970-01-01T00:01:00+00:00' });
  assert.deepEqual(served(next), [['10.0.0.1:80', undefined]]);
  putServer(next, 'i-1', { expiresAt: '1970-01-01T00:00:01Z' });
  assert.deepEqual(served(next), [['10.0.0.1:80', 'server i-1 has expired']]);
});

test('a server whose addresses change is bound at its new address', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1' } });
  putServer(draft, 'i-1', { addresses: ['10.0.0.50'] });
  assert.deepEqual(served(draft), [['10.0.0.50:80', undefined]]);
  assert.deepEqual(Object.keys(draft.get('attachments', 'pool')?.state.boundSince ?? {}), ['10.0.0.50:80']);
});

test('a bound server cannot be deleted, and unbinding does not change the server', () => {
  const draft = shop();
  bind(draft, { a: { serverId: 'i-1' } });
  put(draft, 'groups', 'g', { members: { one: 'i-1' } });
  const refusal = writeErrorOf(() => deleteObject(draft, 'backend-servers', 'i-1', undefined));
  assert.equal(refusal?.code, 'InUse');
  assert.match(refusal?.message ?? '', /attachment pool, group g/);
  const server = draft.get('backend-servers', 'i-1');
  bind(draft, {});
  assert.equal(draft.get('backend-servers', 'i-1'), server);
});
