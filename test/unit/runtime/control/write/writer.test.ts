// The writer with a real engine and store: which writes a refusal fails, and the order of waiting writes.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ModelChange } from '../../../../../provider/runtime/control/write/write.ts';
import { Writer, type WriterOptions } from '../../../../../provider/runtime/control/write/writer.ts';
import { SqliteStore } from '../../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';
import { engineOf, freePort, listenOn, UNCHECKED } from '../../../../harness/engine/fixtures.ts';
import { makePair, type Pair } from '../../../../harness/machine/certificates.ts';
import { temporaryDirectory } from '../../../../harness/runtime/runtime.ts';

/** Key pairs that the model accepts but OpenSSL refuses. */
const [WEAK, OTHER_WEAK] = ['a', 'b'].map((name) => makePair([name], { key: 'rsa:1024' })) as [Pair, Pair];
const GOOD = makePair(['a']);

function listener(port: number, pair: Pair, drainSeconds = 0): ModelChange {
  const properties = { loadBalancerId: 'lb', protocol: 'HTTPS', port, certificates: { main: pair }, drainSeconds };
  return (draft) => put(draft, 'listeners', 'web', properties);
}

/** Returns a started writer whose stored model contains the listener. */
async function writerWith(
  t: TestContext,
  stored: ModelChange,
  callbacks: Partial<Pick<WriterOptions, 'handOver' | 'onCommit' | 'onServed'>> = {},
): Promise<Writer> {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  stored(draft);
  const store = new SqliteStore(join(temporaryDirectory(t), 'weir.db'));
  t.after(() => store.close());
  const writer = new Writer({
    model: draft.toModel(),
    commit: (version, changes) => store.commit(version, changes),
    engine: engineOf(t, 1),
    health: UNCHECKED,
    ackTimeoutMs: 60_000,
    nowMs: Date.now,
    handOver: () => undefined,
    onCommit: () => {},
    onServed: () => {},
    onRefused: () => {},
    onOpened: () => {},
    ...callbacks,
  });
  await writer.start();
  return writer;
}

const refusedPaths = (writer: Writer) => writer.refusals.map(({ problem }) => problem.path);

test('a listener with a refused certificate opens with a good one, and refuses another bad one', async (t) => {
  const port = await freePort();
  const writer = await writerWith(t, listener(port, WEAK));
  assert.deepEqual(refusedPaths(writer), ['certificates.main.certificate']);
  const { version } = writer.model;
  await assert.rejects(writer.write(listener(port, OTHER_WEAK)), {
    code: 'InvalidParameter',
    details: writer.refusals.map(({ problem }) => problem),
  });
  assert.equal(writer.model.version, version);
  // A write that leaves the refused certificates unchanged does not fail because of them.
  await writer.write(listener(port, WEAK, 3));
  assert.deepEqual(refusedPaths(writer), ['certificates.main.certificate']);
  await writer.write(listener(port, GOOD));
  assert.deepEqual(refusedPaths(writer), []);
});

test('a listener with a used port takes a good certificate, but no bad one and no other used port', async (t) => {
  const [port, other] = [await listenOn(t, createServer()), await listenOn(t, createServer())];
  const writer = await writerWith(t, listener(port, GOOD));
  assert.deepEqual(refusedPaths(writer), ['port']);
  await writer.write(listener(port, makePair(['b'])));
  await assert.rejects(writer.write(listener(port, WEAK)), { code: 'InvalidParameter' });
  await assert.rejects(writer.write(listener(other, GOOD)), { code: 'PortInUse' });
  assert.deepEqual(refusedPaths(writer), ['port']);
});

test('a waiting listener with a bad certificate is refused when it is put, not when it takes over', async (t) => {
  const port = await freePort();
  const owned = (id: string, pair: Pair): ModelChange => {
    const properties = { loadBalancerId: 'lb', protocol: 'HTTPS', port, certificates: { main: pair } };
    return (draft) => put(draft, 'listeners', id, properties, { owner: `urn:pulumi:dev::shop::weir::${id}` });
  };
  const writer = await writerWith(t, owned('web', GOOD));
  const { version } = writer.model;
  const refused = writer.write(owned('next', WEAK));
  await assert.rejects(refused, ({ details }: { details: { path: string }[] }) => {
    return details[0]?.path === 'certificates.main.certificate';
  });
  assert.equal(writer.model.version, version);
  await writer.write(owned('next', GOOD));
  assert.deepEqual([...writer.compiled.snapshot.waiting.keys()], ['next']);
});

test('a write that waited for a hand-over is made before a newer write of the same name', async (t) => {
  const port = await freePort();
  const asked = Promise.withResolvers<void>();
  const passed = Promise.withResolvers<readonly []>();
  const waits: (Promise<readonly []> | undefined)[] = [passed.promise];
  const handOver = () => {
    asked.resolve();
    return waits.shift();
  };
  const writer = await writerWith(t, listener(port, GOOD), { handOver });
  const older = writer.write(listener(port, GOOD, 1), 'listeners web');
  await asked.promise;
  let newer: Promise<unknown> | undefined;
  // The newer write reaches the writer during this batch, before the hand-over of the older write ends.
  await writer.write(() => {
    newer = writer.write(listener(port, GOOD, 2), 'listeners web');
    passed.resolve([]);
    return undefined;
  });
  await Promise.all([older, newer]);
  assert.equal(writer.model.get('listeners', 'web')?.properties.drainSeconds, 2);
});

test('a caller waits for a transfer that is in the model and not served yet', async (t) => {
  const order: string[] = [];
  const asked: Promise<unknown>[] = [];
  const writer: Writer = await writerWith(t, listener(await freePort(), GOOD), {
    onServed: () => order.push('served'),
    onCommit: ({ snapshot }) => {
      if (snapshot.listeners.get('web')?.drainMs !== 3_000) return;
      // No transfer is due any more, because the model has it.
      asked.push(writer.writeDueTransfers().then(() => order.push('resolved')));
    },
  });
  await writer.write(listener(writer.model.get('listeners', 'web')?.properties.port ?? 0, GOOD, 3));
  assert.equal(asked.length, 1);
  await Promise.all(asked);
  assert.deepEqual(order, ['served', 'resolved']);
});
