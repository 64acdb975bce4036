// Whoever dies in the middle of an `up`, the CLI or the runtime: the next one finishes, asks nothing and leaves no orphan.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Backend, httpBackend, listen } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { webProgram } from '../harness/stack/programs.ts';
import type { RunningCommand } from '../harness/stack/stack.ts';
import { type StackWorld, stackWorldOf } from '../harness/stack/world.ts';

const UP = ['up', '--yes', '--skip-preview'];
const KINDS = ['load-balancers', 'listeners', 'attachments'];
/** Longer than any test: what waits for it is ended. */
const LONG = 600;

interface Setting extends StackWorld {
  write(target: Backend, attachment: object): void;
}

async function setting(t: TestContext): Promise<Setting> {
  const world = await stackWorldOf(t);
  const { stack, port } = world;
  const listener = { healthCheck: { protocol: 'HTTP', intervalSeconds: 0.2 } };
  const write = ({ target }: Backend, attachment: object) =>
    stack.write(webProgram({ port, targets: { a: target }, listener, attachment }));
  return { ...world, write };
}

interface SickBackend extends Backend {
  /** Resolves with the first check, when a write waits for it; fails where the CLI has ended instead. */
  isWaitedFor(by: RunningCommand): Promise<void>;
}

/** Passes no check. */
async function sickBackend(t: TestContext): Promise<SickBackend> {
  const checked = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    checked.resolve();
    response.writeHead(500).end();
  });
  const isWaitedFor = ({ result }: RunningCommand) =>
    Promise.race([checked.promise, result.then(({ text }) => assert.fail(text))]);
  return { ...(await listen(t, 'sick', server)), isWaitedFor };
}

/** One object of each kind, one resource of each, no operation and no delete that is due. */
async function expectWhole({ runtime, stack, port }: Setting, backend: string): Promise<void> {
  assert.equal((await exchange(`http://127.0.0.1:${port}/`)).backend, backend);
  for (const kind of KINDS) assert.equal((await runtime.done('GET', `/v1/${kind}`)).items.length, 1, kind);
  // A create whose end the CLI has not seen stays noted, until it is told that the object is known by now.
  await stack.done(['refresh', '--yes', '--clear-pending-creates']);
  const { deployment } = JSON.parse(await stack.done(['stack', 'export']));
  assert.deepEqual(deployment.pending_operations ?? [], []);
  assert.deepEqual(
    deployment.resources.filter((resource: { delete?: boolean }) => resource.delete),
    [],
  );
  await stack.done(['preview', '--expect-no-changes']);
}

/** The first Ctrl-C waits for the calls under way, as Pulumi says; its plug-ins are in process groups of their own. */
const INTERRUPTIONS: readonly (readonly [what: string, interrupt: (up: RunningCommand) => Promise<void> | void])[] = [
  [
    'Ctrl-C twice',
    async ({ pid, text }) => {
      process.kill(pid, 'SIGINT');
      await until('the CLI to say what the second one does', () => /press \^C again/.test(text()) || undefined);
      process.kill(pid, 'SIGINT');
    },
  ],
  ['kill -9', async (up) => void (await up.kill())],
];

for (const [what, interrupt] of INTERRUPTIONS) {
  test(`${what} in the middle of a create and of a hand-over: cancel and up finish both`, async (t) => {
    const it = await setting(t);
    const { runtime, stack, write } = it;
    const awaited = { awaitHealthySeconds: LONG };
    const sick = await sickBackend(t);
    write(sick, awaited);
    const creating = stack.start(UP);
    await sick.isWaitedFor(creating);
    await interrupt(creating);
    const { code, text } = await creating.result;
    assert.notEqual(code, 0, text);
    await stack.run(['cancel', '--yes']);
    const first = await httpBackend(t, 'first');
    write(first, awaited);
    await stack.up();
    assert.equal((await exchange(`http://127.0.0.1:${it.port}/`)).backend, 'first');

    const unfit = await sickBackend(t);
    write(unfit, { ...awaited, handoverSeconds: LONG });
    const changing = stack.start(UP);
    await unfit.isWaitedFor(changing);
    await interrupt(changing);
    assert.notEqual((await changing.result).code, 0);
    assert.equal((await exchange(`http://127.0.0.1:${it.port}/`)).backend, 'first');
    await stack.run(['cancel', '--yes']);
    const second = await httpBackend(t, 'second');
    write(second, awaited);
    await stack.up();
    await expectWhole(it, 'second');
    await stack.destroy();
    for (const kind of KINDS) assert.deepEqual((await runtime.done('GET', `/v1/${kind}`)).items, [], kind);
  });
}

test('Ctrl-C once: the create that is under way is waited for, and kept as it is', async (t) => {
  const it = await setting(t);
  const { stack, write } = it;
  const sick = await sickBackend(t);
  write(sick, { awaitHealthySeconds: 3 });
  const creating = stack.start(UP);
  await sick.isWaitedFor(creating);
  process.kill(creating.pid, 'SIGINT');
  assert.notEqual((await creating.result).code, 0);
  assert.equal((await stack.resources()).size, 3);
  const backend = await httpBackend(t, 'a');
  write(backend, { awaitHealthySeconds: LONG });
  await stack.up();
  await expectWhole(it, 'a');
});

test('the runtime dies in the middle of an up: the next one finishes', async (t) => {
  const it = await setting(t);
  const { runtime, stack, write } = it;
  const sick = await sickBackend(t);
  write(sick, { awaitHealthySeconds: LONG });
  const creating = stack.start(UP);
  await sick.isWaitedFor(creating);
  await runtime.end('SIGKILL');
  const { code, text } = await creating.result;
  assert.notEqual(code, 0);
  assert.match(text, /no Weir runtime responds at .*npx pulumi-weir serve/);
  const api = runtime.url.replace('http://', '');
  await RuntimeProcess.start(t, { dataDirectory: runtime.dataDirectory, api });
  const backend = await httpBackend(t, 'a');
  write(backend, { awaitHealthySeconds: LONG });
  await stack.up();
  await expectWhole(it, 'a');
});

test('an up that fails after a replacement: refresh and up keep what is new; one killed in it: destroy leaves nothing', async (t) => {
  const it = await setting(t);
  const { runtime, stack, write } = it;
  const incarnations = async () => {
    const lists = await Promise.all(KINDS.map((kind) => runtime.done('GET', `/v1/${kind}`)));
    return lists.flatMap(({ items }) => items.map(({ incarnation }: { incarnation: string }) => incarnation));
  };
  const backend = await httpBackend(t, 'a');
  write(backend, {});
  await stack.up();
  const before = await incarnations();
  const urns = [...(await stack.resources()).values()].map(({ urn }) => urn);
  appendFileSync(
    join(stack.directory, 'index.ts'),
    `new weir.TargetAttachment('late', { ruleId: pool.id, targets: {} });`,
  );
  const { text } = await stack.run([...UP, ...urns.flatMap((urn) => ['--replace', urn])]);
  assert.match(text, /late.*ruleId names no rule/s);
  const replaced = await incarnations();
  assert.deepEqual([...before, ...replaced].length, new Set([...before, ...replaced]).size);
  write(backend, {});
  await stack.done([...UP, '--refresh']);
  assert.deepEqual(await incarnations(), replaced);

  const sick = await sickBackend(t);
  write(sick, { awaitHealthySeconds: LONG, handoverSeconds: 0 });
  const replacing = stack.start([...UP, '--replace', urns.at(-1) ?? '']);
  await sick.isWaitedFor(replacing);
  await replacing.kill();
  await stack.run(['cancel', '--yes']);
  await stack.destroy();
  assert.deepEqual(await incarnations(), []);
});
