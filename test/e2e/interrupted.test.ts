// Interruptions of an `up`, of the CLI or of the runtime: the next `up` finishes without questions and leaves no
// orphan.
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
/** Timeout in seconds of a write that the test interrupts; longer than any test. */
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
  /**
   * Resolves at the first health check, when a write waits for the result of the check. Fails if the CLI ends before
   * that.
   */
  isWaitedFor(by: RunningCommand): Promise<void>;
}

/** Starts a backend that fails every check. */
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

/** Asserts that there is one object of each kind and one resource of each, and no pending operation or deletion. */
async function expectWhole({ runtime, stack, port }: Setting, backend: string): Promise<void> {
  assert.equal((await exchange(`http://127.0.0.1:${port}/`)).backend, backend);
  for (const kind of KINDS) assert.equal((await runtime.done('GET', `/v1/${kind}`)).items.length, 1, kind);
  // Pulumi keeps a create with unknown result as pending until a refresh is run with --clear-pending-creates.
  await stack.done(['refresh', '--yes', '--clear-pending-creates']);
  const { deployment } = JSON.parse(await stack.done(['stack', 'export']));
  assert.deepEqual(deployment.pending_operations ?? [], []);
  assert.deepEqual(
    deployment.resources.filter((resource: { delete?: boolean }) => resource.delete),
    [],
  );
  await stack.done(['preview', '--expect-no-changes']);
}

/**
 * Ways to interrupt the CLI. The first Ctrl-C waits for calls in progress and the second one does not; plug-ins are in
 * process groups of their own.
 */
const INTERRUPTIONS: readonly (readonly [what: string, interrupt: (up: RunningCommand) => Promise<void> | void])[] = [
  [
    'Ctrl-C twice',
    async ({ pid, text }) => {
      process.kill(pid, 'SIGINT');
      await until('the CLI to explain the second Ctrl-C', () => /press \^C again/.test(text()) || undefined);
      process.kill(pid, 'SIGINT');
    },
  ],
  ['kill -9', async (up) => void (await up.kill())],
];

for (const [what, interrupt] of INTERRUPTIONS) {
  test(`${what} during a create and during a hand-over: cancel and up finish both`, async (t) => {
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

test('Ctrl-C once: the CLI waits for the create in progress and keeps its result', async (t) => {
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

test('the runtime dies during an up: the next up finishes', async (t) => {
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

test('an up that fails after a replacement: refresh and up keep the new objects; killed at that point, destroy leaves nothing', async (t) => {
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
