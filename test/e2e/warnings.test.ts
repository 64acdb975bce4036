// What an operator is told before anybody complains: certificates that end, and listeners without a healthy target.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { httpBackend } from '../harness/backends/backends.ts';
import type { Pair } from '../harness/machine/certificates.ts';
import { makeDatedPair } from '../harness/machine/dated-certificates.ts';
import { previewOf, runPlan } from '../harness/plan/plan.ts';
import { MAIN, RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const OLD = 'certificates.old has expired: it was valid to DATE, 2 days ago';
const SOON = 'certificates.soon expires in 5 days: it is valid to DATE';
const LATE = 'certificates.late expires in 9 days: it is valid to DATE';

function withoutDates(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'DATE');
}

function weirStatus(environment: Record<string, string>): string {
  const { stdout, stderr } = spawnSync(process.execPath, [MAIN, 'status'], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return withoutDates(stdout);
}

/** The lines below the diagnostics, without the name of the stack. */
function diagnosticsIn(text: string): string[] {
  const [, lines = ''] = /^Diagnostics:\n.*\n((?: {4}.*\n)*)/m.exec(text) ?? [];
  return lines.split('\n').flatMap((line) => line.trim() || []);
}

test('the first up tells of certificates that end and of targets that all fail, and the runtime does so as long as they do', async (t) => {
  const { stack, runtime, port, freePort } = await stackWorldOf(t);
  const dead = await freePort();
  const silent = await httpBackend(t, 'silent', 0, new Promise(() => {}));
  const old = makeDatedPair('old.example', { toDays: -2.5 });
  const soon = makeDatedPair('soon.example', { toDays: 5.5 });
  const late = makeDatedPair('late.example', { toDays: 9.5 });
  const [b1, b2] = [{ address: '127.0.0.1', port: dead }, silent.target];
  stack.write(`
import * as weir from 'pulumi-weir';
const { old, soon, late, b1, b2 } = ${JSON.stringify({ old, soon, late, b1, b2 })};
const healthCheck = { protocol: 'HTTP', intervalSeconds: 0.2, timeoutSeconds: 1, unhealthyThreshold: 100 };
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const certificates = { old, soon, late: { ...late, certificate: lb.id.apply(() => late.certificate) } };
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTPS', port: ${port}, certificates, healthCheck });
const api = new weir.ForwardingRule('api', { listenerId: web.id, path: '/api', healthCheck });
const tcp = new weir.Listener('tcp', { loadBalancerId: lb.id, protocol: 'TCP', port: ${await freePort()} });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b1, b2, off: { ...b1, port: 1, weight: 0 } } });
new weir.TargetAttachment('ruled', { ruleId: api.id, targets: { b1 } });
new weir.TargetAttachment('mixed', { listenerId: tcp.id, targets: { b1, b2 } });
`);
  const texts = withoutDates(await stack.done(['up', '--yes'])).split('\nUpdating (dev)');
  const refused = `targets.b1 (127.0.0.1:${dead}): connect ECONNREFUSED 127.0.0.1:${dead}`;
  const timedOut = `targets.b2 (127.0.0.1:${silent.port}): no response within 1000 ms`;
  const told = texts.map((text) => diagnosticsIn(text).sort());
  assert.deepEqual(told, [
    [`web: ${OLD}`, `web: ${SOON}`],
    [
      `pool: no target takes traffic: ${refused}; ${timedOut}`,
      `ruled: no target takes traffic: ${refused}`,
      ...[`web: ${LATE}`, `web: ${OLD}`, `web: ${SOON}`].sort(),
    ].sort(),
  ]);

  const plan = await runPlan(stack, await previewOf(stack), ['--fail-on', 'invalid-certificate']);
  assert.equal(plan.code, 2);
  assert.match(plan.stderr, /the plan warns of invalid-certificate$/m);
  assert.match(withoutDates(plan.stdout), /^> - \*\*invalid-certificate\*\*: listener `web`: `certificates\.old has/m);
  assert.match(
    plan.stdout,
    /^> - \*\*expiring-certificate\*\*: listener `web`: `certificates\.late expires in 9 days/m,
  );

  const shown = () => weirStatus({ WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: runtime.token });
  const lines = shown().split('\n');
  const webAt = lines.findIndex((line) => line.startsWith('web-'));
  const resources = await stack.resources();
  const ruleId = resources.get('api')?.id;
  assert.deepEqual(lines.slice(webAt + 1, webAt + 6), [
    'warning: none of its 2 targets takes traffic',
    `warning: rule ${ruleId}: its only target takes no traffic`,
    ...[OLD, LATE, SOON].map((text) => `warning: ${text}`),
  ]);
  assert.equal(lines.filter((line) => line.startsWith('warning: ')).length, 5);
  const metrics = await (
    await fetch(`${runtime.url}/metrics`, { headers: { Authorization: `Bearer ${runtime.token}` } })
  ).text();
  const end = Number(
    /^weir_certificate_not_after_seconds\{listener="web-\w+",certificate="soon"\} (.*)$/m.exec(metrics)?.[1],
  );
  assert.ok(Math.abs(end - (Date.now() / 1000 + 5.5 * 86_400)) < 600, String(end));

  const warningsOf = async (kind: string, name: string) => {
    const { warnings = [] } = await runtime.done('GET', `/v1/${kind}/${resources.get(name)?.id}`);
    return warnings.filter((text: string) => !text.startsWith('certificates.'));
  };
  const idle = 'takes no traffic: weir status shows why';
  assert.deepEqual(await warningsOf('rules', 'api'), [`its only target ${idle}`]);
  await httpBackend(t, 'late', dead);
  for (const [kind, name] of [
    ['rules', 'api'],
    ['attachments', 'pool'],
    ['listeners', 'web'],
  ] as const) {
    await until('a target that takes traffic', async () => (await warningsOf(kind, name)).length === 0 || undefined);
  }
  assert.doesNotMatch(shown(), /takes no traffic|takes traffic/);
});

test('the certificate of the API is told in the log, the status and the metrics, and a new one ends that', async (t) => {
  const folder = temporaryDirectory(t);
  const [certificate, key] = [join(folder, 'api.crt'), join(folder, 'api.key')];
  const write = (pair: Pair) => {
    writeFileSync(certificate, pair.certificate);
    writeFileSync(key, pair.privateKey, { mode: 0o600 });
  };
  write(makeDatedPair('localhost', { toDays: 3.5 }));
  const runtime = await RuntimeProcess.start(t, { args: ['--api-cert', certificate, '--api-key', key] });
  const told = 'the certificate of the API expires in 3 days: it is valid to DATE';
  assert.ok(withoutDates(runtime.log()).includes(`${told}; write a new one to --api-cert and send SIGHUP`));
  const environment = { WEIR_ENDPOINT: runtime.url.replace('127.0.0.1', 'localhost'), WEIR_TOKEN: runtime.token };
  const shown = () => weirStatus({ ...environment, NODE_EXTRA_CA_CERTS: certificate });
  assert.match(shown(), new RegExp(`^warning: ${told}$`, 'm'));
  write(makeDatedPair('localhost', { toDays: 90 }));
  process.kill(runtime.pid, 'SIGHUP');
  await until('the new certificate', () => runtime.log().includes('reloaded the access log') || undefined);
  assert.doesNotMatch(shown(), /warning/);

  const expired = makeDatedPair('localhost', { toDays: -1.5 });
  write(expired);
  process.kill(runtime.pid, 'SIGHUP');
  await until('the expired certificate', () => runtime.log().includes('has expired') || undefined);
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'status', '--ca', certificate], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^weir: the certificate of https:\S+ is not trusted \(certificate has expired\): write a valid one /,
  );
});
