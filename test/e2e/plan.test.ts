// `weir plan` with the real CLI: the planned shares are those of the traffic after the `up`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Backend, freePort } from '../harness/backends/backends.ts';
import { shares, startLoad } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { planMarkdownOf, plannedShares, previewOf, runPlan } from '../harness/plan/plan.ts';
import { RuntimeProcess } from '../harness/runtime/runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';
import { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const REQUESTS = 10_000;
const CLIENTS = 8;

/** Returns a program with one listener and the attachments by name, each with its targets and options. */
function program(port: number, attachments: Record<string, object>, rest = ''): string {
  const bound = Object.entries(attachments).map(
    ([name, targets]) =>
      `new weir.TargetAttachment('${name}', { listenerId: web.id, targets: ${JSON.stringify(targets)}, awaitHealthySeconds: 20 });`,
  );
  return `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck: { intervalSeconds: 0.2 } });
export const listenerId = web.id;
${bound.join('\n')}
${rest}
`;
}

/** Returns the measured shares in percent, by backend. */
async function measure(port: number): Promise<Record<string, number>> {
  const load = startLoad({ url: `http://127.0.0.1:${port}/`, clients: CLIENTS, maxRequests: REQUESTS / CLIENTS });
  await load.done;
  assert.deepEqual(load.failures(), []);
  assert.equal(load.exchanges.length, REQUESTS);
  return Object.fromEntries(Object.entries(shares(load.exchanges)).map(([name, n]) => [name, (n / REQUESTS) * 100]));
}

function assertNear(measured: Record<string, number>, planned: Record<string, number>): void {
  for (const [name, share] of Object.entries(planned)) {
    const difference = Math.abs((measured[name] ?? 0) - share);
    assert.ok(difference <= 0.5, `${name}: ${JSON.stringify({ measured, planned })}`);
  }
}

test('two attachments, one unchanged: the planned shares match 10,000 requests before and after the up', async (t) => {
  const { stack, port, httpBackend } = await stackWorldOf(t);
  const backends = await Promise.all(['b1', 'b2', 'b3', 'b4'].map((name) => httpBackend(name)));
  const of = (weights: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => {
        return [name, { ...(backends.find((each) => each.name === name) as Backend).target, weight }];
      }),
    );
  const stays = of({ b1: 30 });
  stack.write(program(port, { stays, changes: of({ b2: 50, b3: 20 }) }));
  await stack.up();
  const before = await measure(port);

  stack.write(program(port, { stays, changes: of({ b2: 10, b4: 20 }) }));
  const markdown = await planMarkdownOf(stack);
  assert.doesNotMatch(markdown, /this stack only/);
  assert.match(markdown, /^\| `b3` .* \| healthy \|$/m);
  assert.match(markdown, /^\| `b4` .* \| not bound \|$/m);
  for (const line of [/^- weight `b2` `50`→`10`$/m, /^- unbind `b3` /m, /^- bind `b4` .*weight 20 \(`changes`\)$/m]) {
    assert.match(markdown, line);
  }
  const planned = plannedShares(markdown);
  assert.deepEqual(planned, {
    b1: { before: 30, after: 50 },
    b2: { before: 50, after: 16.7 },
    b3: { before: 20, after: 0 },
    b4: { before: 0, after: 33.3 },
  });
  await stack.up();
  const after = await measure(port);
  assertNear(before, Object.fromEntries(Object.entries(planned).map(([name, share]) => [name, share.before])));
  assertNear(after, Object.fromEntries(Object.entries(planned).map(([name, share]) => [name, share.after])));
  assert.match(await planMarkdownOf(stack), /Nothing changes\./);
});

const target = (port: number, weight: number) => ({ address: '127.0.0.1', port, weight });
const withoutWaiting = (text: string) => text.replaceAll(', awaitHealthySeconds: 20', '');

const shared = (text: string) =>
  withoutWaiting(text).replace("protocol: 'HTTP'", "protocol: 'HTTP', sharedWith: ['shop/other']");

test("another stack's targets count in the shares if a runtime is given, and otherwise the section says that they are missing", async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const first = await Stack.create(t, shared(program(await freePort(), { own: { a1: target(1, 50) } })));
  first.environment.WEIR_TOKEN = runtime.token;
  const set = { WEIR_ENDPOINT: runtime.url };
  await first.done(['up', '--yes', '--skip-preview'], set);
  const listenerId = (await first.done(['stack', 'output', 'listenerId'])).trim();
  const second = await Stack.create(t, '', runtime);
  await second.done(['stack', 'rename', 'other']);
  second.write(`
import * as weir from 'pulumi-weir';
new weir.TargetAttachment('theirs', { listenerId: '${listenerId}', targets: { z1: ${JSON.stringify(target(2, 50))} } });
`);
  const theirPlan = await planMarkdownOf(second);
  assert.deepEqual(plannedShares(theirPlan), { a1: { before: 100, after: 50 }, z1: { before: 0, after: 50 } });
  assert.match(theirPlan, /`own-[0-9a-f]{8}` of `shop\/dev`/);
  await second.up();

  first.write(shared(program(await freePort(), { own: { a1: target(1, 0) } })));
  const preview = await previewOf(first, set);
  const whole = await runPlan(first, preview, ['--fail-on', 'no-target'], set);
  assert.deepEqual(plannedShares(whole.stdout), { a1: { before: 50, after: 0 }, z1: { before: 50, after: 100 } });
  assert.equal(whole.code, 0);
  const part = await runPlan(first, preview, ['--fail-on', 'no-target']);
  assert.match(part.stdout, /^### Listener `web` at .* \(this stack only\)$/m);
  assert.deepEqual(plannedShares(part.stdout), { a1: { before: 100, after: 0 } });
  assert.equal(part.code, 2);
});

test('a token of one listener is enough to preview, plan and bind there, and shows nothing of what is beside it', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const first = await Stack.create(t, shared(program(await freePort(), { own: { a1: target(1, 50) } })));
  first.environment.WEIR_TOKEN = runtime.token;
  await first.done(['up', '--yes', '--skip-preview'], { WEIR_ENDPOINT: runtime.url });
  const listenerId = (await first.done(['stack', 'output', 'listenerId'])).trim();
  const { loadBalancerId } = await runtime.done('GET', `/v1/listeners/${listenerId}`);
  const beside = { loadBalancerId, protocol: 'TCP', port: await freePort(), healthCheck: { protocol: 'none' } };
  await runtime.done('PUT', '/v1/listeners/secret-listener', beside);
  await runtime.done('PUT', '/v1/attachments/secret-pool', { loadBalancerId, targets: { hidden: target(3, 1) } });
  const { token, headers } = await makeToken(runtime, [`slb:* on listener/${listenerId}`]);
  const second = await Stack.create(t, '', runtime);
  second.environment.WEIR_TOKEN = token;
  await second.done(['stack', 'rename', 'other']);
  second.write(`
import * as weir from 'pulumi-weir';
weir.Listener.get('edge', '${listenerId}');
new weir.TargetAttachment('theirs', { listenerId: '${listenerId}', targets: { z1: ${JSON.stringify(target(2, 50))} } });
`);
  const preview = await previewOf(second);
  const plan = (await runPlan(second, preview)).stdout;
  assert.deepEqual(plannedShares(plan), { a1: { before: 100, after: 50 }, z1: { before: 0, after: 50 } });
  await second.up();
  const status = await runtime.call('GET', '/v1/status', undefined, headers);
  assert.deepEqual(
    status.body.listeners.map(({ id }: { id: string }) => id),
    [listenerId],
  );
  for (const shown of [preview, plan, JSON.stringify(status.body)]) assert.doesNotMatch(shown, /secret|hidden/);
  // The targets of the whole load balancer serve the listener once it has none of its own, and their attachment has no name.
  await second.done(['destroy', '--yes', '--skip-preview']);
  for (const { id, listenerId: of } of (await runtime.done('GET', '/v1/attachments')).items)
    if (of === listenerId) await runtime.done('DELETE', `/v1/attachments/${id}`);
  const after = await runtime.call('GET', '/v1/status', undefined, headers);
  const [served] = after.body.listeners[0].targets;
  assert.deepEqual([served.name, served.attachment], ['hidden', undefined]);
});

test('exit codes: 2 if a named rule warns, 0 if only another rule warns, 1 for invalid input; the Markdown is printed in both cases', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const two = (b1: number, b2: number) =>
    withoutWaiting(program(port, { pool: { b1: target(1, b1), b2: target(2, b2) } }));
  stack.write(two(50, 50));
  await stack.up();
  const codeOf = async (preview: string, ...args: string[]) => {
    const { code, stdout } = await runPlan(stack, preview, args);
    assert.match(stdout, /^<!-- weir plan shop\/dev -->\n\n## Weir plan of `shop\/dev`\n/);
    return code;
  };
  stack.write(two(0, 0));
  const none = await previewOf(stack);
  assert.equal(await codeOf(none), 0);
  assert.equal(await codeOf(none, '--fail-on', 'no-target'), 2);
  assert.equal(await codeOf(none, '--fail-on', 'replacement,open-order'), 0);
  assert.equal(await codeOf(none, '--fail-on', 'replacement', '--fail-on', 'over-half'), 2);
  assert.equal(await codeOf(none, '--fail-on', 'warning'), 2);
  stack.write(two(50, 40));
  assert.equal(await codeOf(await previewOf(stack), '--fail-on', 'warning'), 0);

  const wrong = await runPlan(stack, none, ['--fail-on', 'no-traffic']);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stderr,
    /no-traffic.*no-target, over-half, replacement, open-order, deletion, .*-certificate, warning/,
  );
  stack.write(two(50, 101));
  const failed = await runPlan(stack, await previewOf(stack));
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^weir: the preview failed:\n.*targets\.b2\.weight must be from 0 to 100/);
  assert.match(
    failed.stdout,
    /^<!-- weir plan shop\/dev -->\n\n## [\s\S]*\n> The preview failed, so there is no plan\.\n\n<pre>\n.*targets\.b2\.weight/,
  );
  const early = await runPlan(stack, (await stack.run(['preview', '--json', '--stack', 'nope'])).text, [
    '--stack',
    'shop/nope',
  ]);
  assert.equal(early.code, 1);
  assert.match(
    early.stdout,
    /^<!-- weir plan shop\/nope -->\n[\s\S]*\n<pre>\nerror: no stack named 'nope' found\n<\/pre>\n$/,
  );
  const other = await runPlan(stack, none, ['--stack', 'shop/prod']);
  assert.equal(other.code, 1);
  assert.match(
    other.stdout,
    /^<!-- weir plan shop\/prod -->\n[\s\S]*\n<pre>\nthe preview is of the stack shop\/dev, not of /,
  );
  assert.match(other.stderr, /^weir: the preview is of the stack shop\/dev, not of shop\/prod/);
  const missing = await runPlan(stack, '', ['no-such-file.json']);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^weir: .*no-such-file\.json/);
  assert.match(missing.stdout, /^<!-- weir plan -->\n[\s\S]*\n<pre>\n.*no-such-file\.json does not exist/);
  const masked = await runPlan(stack, none, [], { WEIR_TOKEN: '' });
  assert.equal(masked.code, 1);
  assert.match(masked.stderr, /WEIR_TOKEN/);
  assert.match(
    masked.stdout,
    /^<!-- weir plan shop\/dev -->\n[\s\S]*There is no plan, because of an error\.[\s\S]*WEIR_TOKEN/,
  );
});

test('unknown values are shown as such, a new listener shows its attachments, and the stream of preview events is accepted', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const unknown = `
const other = new weir.LoadBalancer('other');
new weir.TargetAttachment('late', { listenerId: web.id, targets: { b2: { address: other.vip, port: 80, weight: 25 } } });
new weir.TargetAttachment('later', { listenerId: web.id, targets: other.vip.apply((vip) => ({ b3: { address: vip, port: 81 } })) });
`;
  stack.write(withoutWaiting(program(port, { pool: { b1: target(1, 75) } }, unknown)));
  const markdown = await planMarkdownOf(stack);
  assert.match(markdown, new RegExp(`^### Listener \`web\` at \`http://127.0.0.1:${port}\`$`, 'm'));
  assert.match(markdown, /^- bind `b2` `known after up:80` weight 25 \(`late`\)$/m);
  assert.match(markdown, /^- targets of attachment `later`: known after up$/m);
  assert.match(markdown, /^\| `b1` .* \| known after up \| not bound \|$/m);
  const stream = await previewOf(stack, { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: 'true' });
  assert.ok(stream.startsWith('{"sequence":'), stream.slice(0, 100));
  const streamed = await runPlan(stack, stream);
  assert.match(streamed.stdout, /^- bind `b1` `127\.0\.0\.1:1` weight 75 \(`pool`\)$/m);
  assert.equal(streamed.code, 0);
});

test('secrets are never shown: neither keys nor values that a program marks as secret, even if the runtime returns them', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const [one, two] = [makePair(['one.example.com']), makePair(['two.example.com'])];
  const stackProgram = (pair: typeof one, cookieKey: string, address: string, weight: number) => `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTPS', port: ${port},
  stickySession: { type: 'cookie', cookieKey: '${cookieKey}' }, certificates: { main: ${JSON.stringify(pair)} } });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b1: { address: pulumi.secret('${address}'), port: 1, weight: ${weight} } } });
`;
  stack.write(stackProgram(one, 'hunter-one', '127.0.0.8', 10));
  await stack.done(['config', 'set', '--secret', 'weir:token', runtime.token]);
  const created = await planMarkdownOf(stack);
  await stack.up();
  stack.write(stackProgram(two, 'hunter-two', '127.0.0.9', 20));
  const changed = await planMarkdownOf(stack);
  assert.match(
    changed,
    /`stickySession\.cookieKey, certificates\.main\.privateKey`|`certificates\.main\.privateKey, stickySession\.cookieKey`/,
  );
  assert.match(changed, /^- weight `b1` `10`→`20`$/m);
  const preview = await stack.done(['preview', '--diff']);
  assert.match(preview, /^ *pool: secret changes: targets$/m);
  for (const text of [created, changed, preview]) {
    const lineOfKey = (key: string) => key.split('\n')[1] ?? '';
    for (const secret of [
      'hunter',
      '127.0.0.8',
      '127.0.0.9',
      runtime.token,
      lineOfKey(one.privateKey),
      lineOfKey(two.privateKey),
    ]) {
      assert.ok(!text.includes(secret), `${secret} is in\n${text}`);
    }
  }
});

test('servers and auto scaling groups: members are added and removed, and a stopping server loses its traffic', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const scaled = (members: string, status: string, weight: number) =>
    withoutWaiting(
      program(
        port,
        {},
        `
const server = (name, address, status = 'Running') =>
  new weir.BackendServer(name, { region: 'r', vpcId: 'v', addresses: [address], status });
const [one, two, three] = [server('one', '127.0.0.11', '${status}'), server('two', '127.0.0.12'), server('three', '127.0.0.13')];
const group = new weir.AutoScalingGroup('group', { members: ${members} });
new weir.AutoScalingAttachment('scaled', { groupId: group.id, listenerId: web.id, port: 80, weight: 50 });
new weir.TargetAttachment('own', { listenerId: web.id, targets: { three: { serverId: three.id, port: 80, weight: ${weight} } } });
`,
      ),
    );
  stack.write(scaled('{ one: one.id, two: two.id }', 'Running', 100));
  assert.match(await planMarkdownOf(stack), /^- bind `three` `known after up:80` weight 100 \(`own`\)$/m);
  await stack.up();

  stack.write(scaled('{ one: one.id }', 'Running', 50));
  const fewer = await planMarkdownOf(stack);
  assert.match(fewer, /^- unbind `two` `127\.0\.0\.12:80` \(`scaled`\)$/m);
  assert.deepEqual(plannedShares(fewer), {
    one: { before: 25, after: 50 },
    two: { before: 25, after: 0 },
    three: { before: 50, after: 50 },
  });
  await stack.up();

  stack.write(scaled('{ one: one.id }', 'Stopped', 50));
  const stopped = await planMarkdownOf(stack);
  assert.match(stopped, /^\| server `one` \| changed \| `status` `Running`→`Stopped` \|$/m);
  assert.match(
    stopped,
    /^\| `one` .*\(`server i-one-[0-9a-f]{8} is Stopped, not Running`\) \| 50 % \| 0 % \| (checking|unhealthy) \|$/m,
  );
  assert.deepEqual(plannedShares(stopped).three, { before: 50, after: 100 });
});
