// The packed package in a project of a user, in both TypeScript modes of Pulumi.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { referencePage } from '../harness/documents/reference-page.ts';
import { ROOT } from '../harness/machine/tree.ts';
import { RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';
import { npmInstall, npxWeir, PULUMI_VERSION, packWeir, writeManifest } from '../harness/stack/packed.ts';
import { webProgram } from '../harness/stack/programs.ts';
import { Stack } from '../harness/stack/stack.ts';

/** Name, package.json and runtime options of a project for each of Pulumi's TypeScript modes. */
const MODES: readonly (readonly [string, object, string])[] = [
  ['Node strips the types', { type: 'module', main: 'index.ts' }, 'options: { typescript: false }'],
  ["Pulumi's default TypeScript mode", {}, ''],
];

test('a project with the packed package goes through up, preview, update, refresh, a component and destroy', async (t) => {
  const home = temporaryDirectory(t);
  writeManifest(home, { 'pulumi-weir': `file:${packWeir(t)}`, '@pulumi/pulumi': PULUMI_VERSION });
  npmInstall(home);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.equal(npxWeir(home), `${version}\n`);
  const second = join(home, 'node_modules/@pulumi/random/node_modules/@pulumi/pulumi');
  assert.ok(!existsSync(second), 'a stack must have only one copy of @pulumi/pulumi');
  const declarations = join(home, 'node_modules/pulumi-weir/dist/sdk/index.d.ts');
  writeFileSync(
    join(home, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { module: 'nodenext' }, files: [declarations] }),
  );
  assert.equal(
    await referencePage(declarations, home),
    readFileSync(join(ROOT, 'sdk/reference.md'), 'utf8'),
    'the declarations of the package must have the docstrings of the sources',
  );
  for (const [mode, manifest, options] of MODES) {
    await t.test(mode, async (t) => {
      const directory = temporaryDirectory(t);
      symlinkSync(join(home, 'node_modules'), join(directory, 'node_modules'));
      writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'shop', ...manifest }));
      const runtime = await RuntimeProcess.start(t);
      const backend = await httpBackend(t, 'a');
      const port = await freePort();
      const program = (weight: number) => webProgram({ port, targets: { a: { ...backend.target, weight } } });
      const stack = await Stack.at(t, directory, program(10), runtime, options);
      await stack.up();
      await until('traffic', async () => (await exchange(`http://127.0.0.1:${port}/`)).backend);
      await stack.done(['preview', '--expect-no-changes']);
      stack.write(program(20));
      assert.match(await stack.done(['preview', '--diff']), /~ weight *: 10 => 20/);
      await stack.up();
      assert.match(await stack.done(['refresh', '--yes']), /4 unchanged/);
      const cookiePort = await freePort();
      stack.write(`${program(20)}
        const listeners = { http: { protocol: 'HTTP', port: ${cookiePort}, stickySession: { type: 'cookie' } } } as const;
        const targets = { a: ${JSON.stringify(backend.target)} };
        const shop = new weir.Service('shop', { address: '127.0.0.1', listeners, targets });
        export const id = shop.listeners.http.id;`);
      assert.match(await stack.up(), /random:index:RandomPassword shop-http-cookie created/);
      await until('traffic', async () => (await exchange(`http://127.0.0.1:${cookiePort}/`)).backend);
      await stack.destroy();
      assert.equal((await stack.resources()).size, 0);
    });
  }
});
