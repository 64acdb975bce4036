// The step from 0.1.0, whose package was called `weir`, to `pulumi-weir`: the state of an old stack asks for the old
// package name.
import assert from 'node:assert/strict';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exchange } from '../harness/clients/load.ts';
import { ROOT } from '../harness/machine/tree.ts';
import { type RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';
import { webProgram } from '../harness/stack/programs.ts';
import type { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

/** Returns the provider of a type as 0.1.0 wrote it into the state. */
function oldProvider(type: string): string {
  return `exports.handler = __f0;

var __provider = {configure: __f1};

function __f1(__0) {
  return (function() {
    with({ this: undefined, arguments: undefined }) {

return function /*configure*/(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(\`\${process.cwd()}/\`)('weir/provider').methods('${type}', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    };

    }
  }).apply(undefined, undefined).apply(this, arguments);
}

function __f0() {
  return (function() {
    with({ provider: __provider, this: undefined, arguments: undefined }) {

return () => provider;

    }
  }).apply(undefined, undefined).apply(this, arguments);
}
`;
}

interface OldStack {
  readonly stack: Stack;
  readonly runtime: RuntimeProcess;
  /**
   * Returns the id of the listener in the runtime, which a replacement would change. Fails if the listener does not
   * serve.
   */
  readonly served: () => Promise<string>;
  readonly link: (name: string) => void;
  readonly unlink: (name: string) => void;
}

/**
 * Creates a serving stack with the state of release 0.1.0. Only the text of the providers differs from a state of
 * today.
 */
async function oldStack(t: TestContext): Promise<OldStack> {
  const { runtime, stack, port, httpBackend } = await stackWorldOf(t);
  const backend = await httpBackend('a');
  stack.write(webProgram({ port, targets: { a: backend.target } }));
  await stack.up();
  const state = JSON.parse(await stack.done(['stack', 'export']));
  for (const { type, inputs, outputs } of state.deployment.resources) {
    const [, name] = /^pulumi-nodejs:dynamic\/weir:(.+)$/.exec(type) ?? [];
    if (name !== undefined) inputs.__provider = outputs.__provider = oldProvider(name);
  }
  const file = join(temporaryDirectory(t), 'state.json');
  writeFileSync(file, JSON.stringify(state));
  await stack.done(['stack', 'import', '--file', file]);
  const pathOf = (name: string) => join(stack.directory, 'node_modules', name);
  return {
    stack,
    runtime,
    served: async () => {
      await until('traffic', async () => (await exchange(`http://127.0.0.1:${port}/`)).backend);
      const [listener] = (await runtime.done('GET', '/v1/listeners')).items;
      return listener.id;
    },
    link: (name) => symlinkSync(ROOT, pathOf(name)),
    unlink: (name) => rmSync(pathOf(name)),
  };
}

test('one up with the new name updates every resource in place, and nothing asks for the old name afterwards', async (t) => {
  const { stack, served } = await oldStack(t);
  const id = await served();
  const before = await stack.run(['refresh', '--yes', '--skip-preview']);
  assert.match(before.text, /Cannot find module 'weir\/provider'/);
  assert.match(await stack.up(), /~ 3 updated\n +1 unchanged/);
  assert.equal(await served(), id);
  await stack.done(['preview', '--expect-no-changes']);
  assert.match(await stack.done(['refresh', '--yes', '--skip-preview']), /4 unchanged/);
  await stack.destroy();
  assert.equal((await stack.resources()).size, 0);
});

test('with the new package installed under the old name too, the old state works unchanged', async (t) => {
  const { stack, served, runtime, link, unlink } = await oldStack(t);
  const id = await served();
  // Links the package like npm does for the alias "weir": "npm:pulumi-weir@...".
  link('weir');
  assert.match(await stack.done(['refresh', '--yes', '--skip-preview']), /4 unchanged/);
  assert.equal(await served(), id);
  unlink('pulumi-weir');
  await stack.destroy();
  assert.equal((await stack.resources()).size, 0);
  assert.deepEqual((await runtime.done('GET', '/v1/listeners')).items, []);
});
