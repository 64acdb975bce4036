// Memory of writes: nothing keeps the objects of earlier versions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as iteration } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Compiled, compile } from '../../../../../provider/runtime/compile/compile.ts';
import { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const WRITES = 100;
const ROUNDS = 10;
/** The present version, and the one before, which a caller of the loop below may still hold. */
const KEPT = 2;

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  setFlagsFromString('--no-expose-gc');
}

/** Writes one object again and again. Returns the properties of each version. */
function written(kind: 'attachments' | 'rules' | 'listeners', id: string, input: (index: number) => object) {
  const first = emptyDraft();
  put(first, 'load-balancers', 'lb', {});
  put(first, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(first, 'rules', 'shop', { listenerId: 'web', path: '/shop' });
  put(first, 'attachments', 'pool', { listenerId: 'web', targets: {} });
  let model = first.toModel();
  let compiled: Compiled = compile(model);
  const versions: WeakRef<object>[] = [];
  for (let index = 0; index < WRITES; index++) {
    const draft = new Draft(model, 0);
    versions.push(new WeakRef(put(draft, kind, id, input(index)).properties));
    model = draft.toModel();
    compiled = compile(model, compiled);
  }
  return { versions, model, compiled };
}

const ROWS = {
  attachments: ['pool', (index: number) => ({ listenerId: 'web', targets: { a: target(index) } })],
  rules: ['shop', (index: number) => ({ listenerId: 'web', path: `/shop/${index}` })],
  listeners: ['web', (index: number) => ({ ...LISTENER, maxConnections: index + 1, deny: [`10.0.0.${index}/32`] })],
} as const;

const LISTENER = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };

function target(index: number): object {
  return { address: '10.0.0.1', port: 80, weight: index };
}

for (const [kind, [id, input]] of Object.entries(ROWS)) {
  test(`${kind}: nothing keeps the properties of earlier versions`, async () => {
    const { versions, ...present } = written(kind as keyof typeof ROWS, id, input);
    // A WeakRef keeps its object until the end of the present job.
    let alive = WRITES;
    // One collection may leave objects that a concurrent one has marked before.
    for (let round = 0; round < ROUNDS && alive > KEPT; round++) {
      await iteration();
      collectGarbage();
      alive = versions.filter((version) => version.deref() !== undefined).length;
    }
    assert.ok(alive <= KEPT, `${alive} of ${WRITES} versions are in memory`);
    assert.equal(present.compiled.snapshot.version, present.model.version);
  });
}
