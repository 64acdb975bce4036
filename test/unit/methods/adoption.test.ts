// Objects that may be adopted: by owner, and by their differences from the program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseAdoption, splitAdoption } from '../../../provider/methods/adoption.ts';
import { fingerprint } from '../../../provider/model/base/secrets.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';
import type { Properties } from '../../../provider/properties/properties.ts';
import { autoScalingGroup } from '../../../provider/resources/auto-scaling-group.ts';
import type { ResourceDescription } from '../../../provider/resources/description.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

const OURS = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:Listener::web';
const http = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };

function refusal(description: ResourceDescription, actual: Properties, inputs: Properties): string | undefined {
  try {
    refuseAdoption(description, { id: 'x', incarnation: 'i-1', version: 1, ...actual }, { owner: OURS, ...inputs });
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

test('an object of nobody or of this stack may be adopted, and one of another stack only if its owner is named', () => {
  const theirs = OURS.replace('dev', 'prod');
  const of = (owner: string | undefined, adoptFrom?: string) =>
    refusal(listener, { ...http, owner }, adoptFrom === undefined ? http : { ...http, adoptFrom });
  assert.equal(of(undefined), undefined);
  assert.equal(of(`${OURS}2`), undefined);
  assert.equal(of(theirs), `The listener x belongs to ${theirs}: to take it over, set adoptFrom: "${theirs}".`);
  assert.equal(of(theirs, theirs), undefined);
  assert.match(of(theirs, OURS) ?? '', /belongs to .*prod.*, not to .*dev.*: to take it over/);
  assert.match(of(undefined, theirs) ?? '', /belongs to nobody, not to .*: leave adoptFrom out/);
});

test('notation, defaults and properties that are left to others are no difference', () => {
  assert.equal(refusal(listener, { ...http, drainSeconds: 0, idleTimeoutSeconds: 60 }, http), undefined);
  const targets = (weight: number) => ({
    listenerId: 'l',
    targets: { a: { address: '2001:db8::1', port: 80, weight } },
  });
  const written = { listenerId: 'l', targets: { a: { address: '2001:DB8:0::1', port: 80 } } };
  assert.equal(refusal(targetAttachment, targets(100), written), undefined);
  assert.match(
    refusal(targetAttachment, targets(5), written) ?? '',
    /targets\.a\.weight is 5 in the runtime and 100 in the pr/,
  );
  assert.equal(
    refusal(targetAttachment, targets(5), { ...written, manageWeights: false, adoptAndChange: true }),
    undefined,
  );
  assert.equal(refusal(autoScalingGroup, { members: { 'i-1': 'i-1' } }, {}), undefined);
});

test('each difference is listed, and none with adoptAndChange', () => {
  const actual = { ...http, port: 81, maxConnections: 5 };
  const inputs = { ...http, proxyProtocol: 'v1', loadBalancerId: 'lb2' };
  assert.equal(
    refusal(listener, actual, inputs),
    'The listener x differs from the program: loadBalancerId is "lb" in the runtime and "lb2" in the program; ' +
      'port is 81 in the runtime and 80 in the program; maxConnections is 5 in the runtime and not in the program; ' +
      'proxyProtocol is "v1" in the program and not in the runtime. ' +
      'Nothing was changed: correct the program, or set adoptAndChange: true.',
  );
  assert.equal(refusal(listener, actual, { ...inputs, adoptAndChange: true }), undefined);
});

test('secrets are compared by fingerprint, and only named', () => {
  const actual = { ...http, stickySession: { type: 'cookie', cookieKeyFingerprint: fingerprint('planted') } };
  const sticky = (cookieKey?: string) => ({
    ...http,
    stickySession: { type: 'cookie', ...(cookieKey && { cookieKey }) },
  });
  assert.equal(refusal(listener, actual, sticky('planted')), undefined);
  for (const other of [sticky('other'), sticky()]) {
    assert.match(
      refusal(listener, actual, other) ?? '',
      /program: stickySession\.cookieKey is another secret\. Nothing/,
    );
  }
});

test('the arguments of adoption are checked, and are not among the properties', () => {
  const { properties, problems } = splitAdoption({ ...http, adopt: 'web-1', adoptAndChange: true, adoptFrom: OURS });
  assert.deepEqual([properties, problems], [http, []]);
  const paths = (inputs: Properties) => splitAdoption(inputs).problems.map(({ path }) => path);
  assert.deepEqual(paths({ adoptAndChange: true, adoptFrom: OURS }), ['adoptAndChange', 'adoptFrom']);
  assert.deepEqual(paths({ adopt: 'no id', adoptAndChange: 'yes', adoptFrom: '' }), [
    'adopt',
    'adoptAndChange',
    'adoptFrom',
  ]);
  assert.deepEqual(paths({ adopt: UNKNOWN, adoptAndChange: UNKNOWN, adoptFrom: UNKNOWN }), []);
});
