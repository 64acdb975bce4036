// `check`: every fault of the known inputs is reported, and the inputs stay as they were written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../../../provider/methods/check.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';
import type { Properties } from '../../../provider/properties/properties.ts';
import type { ResourceDescription } from '../../../provider/resources/description.ts';
import { forwardingRule } from '../../../provider/resources/forwarding-rule.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::web';

const checked = (resource: ResourceDescription, news: Properties) => check(resource, {}, news);

test('inputs come back as written, with the owner, without defaults and without undefined values', () => {
  const target = { address: '10.0.0.1', port: 80, weight: undefined };
  const news = { listenerId: 'http', targets: { b1: target }, defaultPort: undefined, owner: OWNER, __provider: 'x' };
  assert.deepEqual(checked(targetAttachment, news), {
    inputs: { listenerId: 'http', targets: { b1: { address: '10.0.0.1', port: 80 } }, owner: OWNER },
    failures: [],
  });
});

test('every fault is reported with its property, and deep ones in the reason, because the engine shows only top-level ones', () => {
  const healthCheck = { protocol: 'HTTP', path: 'no-slash', intervalSeconds: 0 };
  const news = { loadBalancerId: 'lb', protocol: 'TCP', port: 0, colour: 'red', healthCheck };
  assert.deepEqual(checked(listener, news).failures, [
    { property: 'port', reason: 'must be from 1 to 65535' },
    { property: '', reason: 'healthCheck.path must begin with "/" and have no spaces and no "#": write /no-slash' },
    { property: '', reason: 'healthCheck.intervalSeconds must be at least 0.05 seconds' },
    { property: '', reason: 'colour is not a property' },
  ]);
});

test('a key in a wrong place is refused without its property, whose value the engine would show', () => {
  const news = { loadBalancerId: 'lb', protocol: 'HTTPS', port: 443, certificates: 'PEM', cookieKey: 'k' };
  assert.deepEqual(checked(listener, { ...news, stickySession: 'k' }).failures, [
    { property: '', reason: 'stickySession must be a sticky session: an object such as { type: "cookie" }' },
    { property: '', reason: 'certificates must be a map of certificates by name' },
    { property: '', reason: 'cookieKey is not a property' },
  ]);
});

test('a text that is refused is not shown, because it may be a secret', () => {
  const news = { listenerId: 'l', host: 'not a host' };
  const [failure] = checked(forwardingRule, news).failures ?? [];
  assert.equal(failure?.property, '');
  assert.match(failure?.reason ?? '', /^host must be a host name/);
});

test('missing properties are named', () => {
  const reasons = checked(listener, { port: 80 }).failures?.map((failure) => failure.reason);
  assert.equal(reasons?.length, 2);
  assert.match(reasons?.[0] ?? '', /^loadBalancerId is required/);
  assert.match(reasons?.[1] ?? '', /^protocol /);
});

test('a preview refuses a target without a port if the program alone shows that it needs one', () => {
  const targets = { b1: { address: '10.0.0.1' }, b2: { address: '10.0.0.2', port: 80 }, b3: UNKNOWN };
  const reasons = (rest: object) =>
    checked(targetAttachment, { targets, ...rest }).failures?.map((failure) => failure.reason);
  const missing = ['targets.b1.port is required if there is no defaultPort'];
  assert.deepEqual(reasons({ listenerId: 'http' }), missing);
  assert.deepEqual(reasons({ listenerId: UNKNOWN }), missing);
  assert.deepEqual(reasons({ listenerId: 'http', defaultPort: 80 }), []);
  assert.deepEqual(reasons({ listenerId: 'http', defaultPort: UNKNOWN }), []);
  // The targets of a classic load balancer have no port.
  assert.deepEqual(reasons({ loadBalancerId: 'lb' }), []);
});

test('any input at any depth may be unknown', () => {
  const whole = { listenerId: UNKNOWN, targets: UNKNOWN, defaultPort: UNKNOWN, awaitHealthySeconds: UNKNOWN };
  const parts = { b1: { address: UNKNOWN, port: UNKNOWN, weight: UNKNOWN, description: UNKNOWN }, b2: UNKNOWN };
  const nested = {
    loadBalancerId: UNKNOWN,
    protocol: UNKNOWN,
    port: UNKNOWN,
    healthCheck: { protocol: UNKNOWN, path: UNKNOWN },
  };
  assert.deepEqual(checked(targetAttachment, whole).failures, []);
  assert.deepEqual(checked(targetAttachment, { listenerId: UNKNOWN, targets: parts }).failures, []);
  assert.deepEqual(checked(listener, nested).failures, []);
  assert.deepEqual(checked(listener, { ...nested, healthCheck: UNKNOWN }).failures, []);
});

test('an unknown property may turn out to be unset, so it contradicts nothing', () => {
  const udp = { loadBalancerId: 'lb', protocol: 'UDP', port: 53 };
  const ignored = { certificates: UNKNOWN, proxyProtocol: UNKNOWN, trustedProxies: UNKNOWN, backendPort: UNKNOWN };
  assert.deepEqual(checked(listener, { ...udp, ...ignored }).failures, []);
});

test('a parent that a preview does not know counts as given, so a second one is refused', () => {
  assert.deepEqual(checked(targetAttachment, { ruleId: UNKNOWN, targets: {} }).failures, []);
  const choice = 'exactly one of loadBalancerId, listenerId and ruleId must be given';
  for (const [parents, reason] of [
    [{}, `listenerId ${choice}`],
    [{ listenerId: 'web', ruleId: UNKNOWN }, `ruleId is given beside listenerId: ${choice}`],
    [{ listenerId: UNKNOWN, ruleId: UNKNOWN }, `ruleId is given beside listenerId: ${choice}`],
    [{ loadBalancerId: UNKNOWN, ruleId: 'api' }, `ruleId is given beside loadBalancerId: ${choice}`],
  ] as const) {
    const { failures = [] } = checked(targetAttachment, { ...parents, targets: {} });
    assert.deepEqual(failures, [{ property: '', reason }]);
  }
});

test('a bad weight beside an unknown port is refused', () => {
  const targets = { b1: { address: '10.0.0.1', port: UNKNOWN, weight: 101 } };
  assert.deepEqual(checked(targetAttachment, { listenerId: UNKNOWN, targets }).failures, [
    { property: '', reason: 'targets.b1.weight must be from 0 to 100' },
  ]);
});

test('an argument that an update does not know is taken for unknown, and stays out of the inputs', () => {
  const news = {
    owner: OWNER,
    targets: { b1: { port: 80 } },
    forCheck: { absent: { unknown: { listenerId: true, targets: { b1: { address: true } } } } },
  };
  assert.deepEqual(checked(targetAttachment, news), {
    inputs: { owner: OWNER, targets: { b1: { port: 80 } } },
    failures: [],
  });
  const other = { ...news, forCheck: { absent: { unknown: { listenerId: true } } } };
  const reasons = checked(targetAttachment, other).failures?.map(({ reason }) => reason);
  assert.deepEqual(reasons, ['targets.b1.address is required if there is no serverId']);
});

test('an argument that is an output without a value is named where a value is missing, and may be undefined elsewhere', () => {
  const target = { port: 80 };
  const reasons = (news: Properties) =>
    checked(targetAttachment, { owner: OWNER, ...news }).failures?.map(({ reason }) => reason);
  const absent = (valueless: object) => ({ forCheck: { absent: { valueless } } });
  const given = (path: string) => `${path} is given an output that has no value`;
  assert.deepEqual(reasons({ targets: {}, ...absent({ listenerId: true }) }), [given('listenerId')]);
  assert.deepEqual(reasons({ targets: {}, ...absent({ ruleId: true, defaultPort: true }) }), [given('ruleId')]);
  const named = { listenerId: 'web', targets: { 'b 1': target } };
  assert.deepEqual(reasons({ ...named, ...absent({ defaultPort: true, targets: { 'b 1': { address: true } } }) }), [
    given('targets["b 1"].address'),
  ]);
  assert.deepEqual(reasons({ listenerId: 'web', targets: {}, ...absent({ defaultPort: true }) }), []);
  // The engine drops the entry of a map, and the target would get no traffic. A list keeps its place.
  assert.deepEqual(
    reasons({ listenerId: 'web', targets: {}, ...absent({ targets: { b1: true }, tags: { a: true } }) }),
    [given('targets.b1')],
  );
  assert.deepEqual(reasons({ listenerId: 'web', targets: {}, ...absent({ adopt: true }) }), [given('adopt')]);
  // The program as a whole decides whether a target needs a port.
  const portless = { listenerId: 'web', targets: { b1: { address: '10.0.0.1' } } };
  assert.deepEqual(reasons({ ...portless, ...absent({ targets: { b1: { port: true } } }) }), [
    given('targets.b1.port'),
  ]);
  const networks = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80, trustedProxies: ['10.0.0.0/8', null] };
  const failures = checked(listener, { ...networks, ...absent({ trustedProxies: true, drainSeconds: true }) }).failures;
  assert.deepEqual(
    failures?.map(({ reason }) => reason),
    [given('trustedProxies')],
  );
});
