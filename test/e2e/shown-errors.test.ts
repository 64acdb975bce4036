// Refusals of the runtime as `pulumi up` shows them: one line with the property, the problem and the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stackWorldOf } from '../harness/stack/world.ts';

/** The place that the load balancer has. Each row of servers changes it or adds one property. */
const PLACE = { region: 'r1', vpcId: 'v1', zoneId: 'z1' };

/**
 * Refused servers by the name of their attachment: what distinguishes the server `i-NAME`, and the expected message and
 * code.
 */
const SERVERS: Readonly<Record<string, readonly [server: object, message: string, code: string]>> = {
  region: [{ region: 'r2' }, 'is in region r2, and the load balancer in r1', 'NetworkConflict'],
  network: [{ vpcId: 'v2' }, 'is in VPC v2, and the load balancer in v1', 'NetworkConflict'],
  zone: [{ zoneId: 'z2' }, 'is in zone z2, and the load balancer in z1', 'Mismatched.ZoneId'],
  starting: [{ status: 'Starting' }, 'is Starting: try again later', 'BackendServerProcessing'],
  stopped: [{ status: 'Stopped' }, 'is Stopped, not Running', 'IncorrectStatus.RSByPassToas'],
  isolated: [{ isolated: true }, 'is isolated', 'IncorrectStatus.RSByPassToas'],
  expired: [{ expiresAt: '2020-01-01T00:00:00Z' }, 'has expired', 'IncorrectStatus.RSByPassToas'],
  bandwidth: [{ bandwidthMbps: 0 }, 'has a bandwidth of 0', 'IncorrectStatus.RSByPassToas'],
};

/** Returns the JavaScript code of further refused resources, by name, with the line that `pulumi up` shows. */
function others(stranger: number, foreign: object): Readonly<Record<string, readonly [text: string, shown: RegExp]>> {
  return {
    unknown: [
      `new weir.TargetAttachment('unknown', { listenerId: web.id, targets: { t: { serverId: 'i-none', port: 80 } } });`,
      /targets\.t\S* .*i-none.* \(InvalidParameter/,
    ],
    taken: [
      `new weir.Listener('taken', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${stranger} });`,
      new RegExp(
        `127\\.0\\.0\\.1:${stranger} is in use by another process or listener: stop that one, or give another port \\(PortInUse`,
      ),
    ],
    foreign: [
      `new weir.TargetAttachment('foreign', { listenerId: web.id, targets: { t: ${JSON.stringify(foreign)} } });`,
      /bound by attachment theirs of nobody \(created through the API\): unbind the target there first \(OwnedByOther/,
    ],
    ported: [
      `new weir.TargetAttachment('ported', { loadBalancerId: 'lb-classic', targets: { t: { address: '10.0.0.1', port: 80 } } });`,
      /targets\.t\.port .*classic.* \(OperationFailed\.ActionNotSupport/,
    ],
    kind: [
      `new weir.TargetAttachment('kind', { loadBalancerId: 'lb-shared', targets: { t: { address: '10.0.0.2', port: 80, type: 'eni' } } });`,
      /targets\.t cannot be bound: it is of type eni, which takes a load balancer of performance "guaranteed".*\(OperationUnsupported\.AddBackendServers/,
    ],
    twice: [
      `new weir.TargetAttachment('twice', { listenerId: web.id, targets: { t: { serverId: 'i-fine', port: 80 }, u: { address: '10.0.0.8', port: 80 } } });`,
      /targets\.u is 10\.0\.0\.8:80, and so is "t": two targets may not .* \(InvalidBackendServers\.ServerIpConflict, /,
    ],
    pool: [
      `new weir.LoadBalancer('pool');`,
      /The VIP pool .* is used up: give an address, or a larger --vip-pool.* \(SystemBusy/,
    ],
    unhealthy: [
      `new weir.TargetAttachment('unhealthy', { listenerId: tcp.id, targets: { t: { address: '127.0.0.1', port: 9 } }, awaitHealthySeconds: 0.1 });`,
      /targets\.t is (checking|unhealthy).* The targets are bound\. \(IncorrectStatus\.RSByPassToas/,
    ],
  };
}

test('each refusal of an up shows the property, the problem and the code, and the rest of the program is created', async (t) => {
  const { runtime, stack, httpBackend, freePort } = await stackWorldOf(t, { args: ['--vip-pool', '127.78.0.0/30'] });
  const [stranger, foreign] = [await httpBackend('stranger'), { address: '10.0.0.9', port: 80 }];
  for (const [name, [server]] of Object.entries(SERVERS)) {
    await runtime.done('PUT', `/v1/backend-servers/i-${name}`, { ...PLACE, addresses: ['10.0.0.1'], ...server });
  }
  // These load balancers are made through the API. If they were in the program, the preview would refuse it, and not
  // the runtime.
  await runtime.done('PUT', '/v1/load-balancers/lb-classic', { type: 'classic', address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/load-balancers/lb-shared', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/backend-servers/i-fine', { ...PLACE, addresses: ['10.0.0.8'] });
  const rows = others(stranger.port, foreign);
  const attachments = Object.keys(SERVERS).map(
    (name) =>
      `new weir.TargetAttachment('${name}', { listenerId: web.id, targets: { t: { serverId: 'i-${name}', port: 80 } } });`,
  );
  const base = `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', ...${JSON.stringify(PLACE)} });
const classic = new weir.LoadBalancer('classic', { type: 'classic' });
const second = new weir.LoadBalancer('second');
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${await freePort()} });
const tcp = new weir.Listener('tcp', { loadBalancerId: lb.id, protocol: 'TCP', port: ${await freePort()} });
`;
  stack.write(base);
  await stack.up();
  const web = (await stack.resources()).get('web')?.id;
  await runtime.done('PUT', '/v1/attachments/theirs', { listenerId: web, targets: { theirs: foreign } });
  stack.write([base, ...attachments, ...Object.values(rows).map(([text]) => text)].join('\n'));
  const text = await stack.fails(['up', '--yes', '--skip-preview', '--continue-on-error']);
  const { shown = '' } = /^Diagnostics:\n(?<shown>.*)^Resources:/ms.exec(text)?.groups ?? {};
  const sections = new Map(
    shown.split(/^ {2}\S+:(?=\w+ \()/m).map((section) => [/\((.*)\):/.exec(section)?.[1], section.trim()]),
  );
  for (const [name, [, message, errorCode]] of Object.entries(SERVERS)) {
    const line = new RegExp(
      `error: targets\\.t cannot be bound: server i-${name} ${message} \\(${errorCode}, request \\S+\\)$`,
    );
    assert.match(sections.get(name) ?? '', line, text);
  }
  for (const [name, [, line]] of Object.entries(rows)) assert.match(sections.get(name) ?? '', line, text);
  sections.delete('shop-dev');
  for (const section of sections.values()) assert.doesNotMatch(section, /\n\s+at /);
});
