// Stacks that depend only on a package of components, in the layouts of npm and pnpm, and the error if pulumi-weir is
// not found.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { ROOT } from '../harness/machine/tree.ts';
import { RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import {
  npmInstall,
  PULUMI_VERSION,
  packFolder,
  packWeir,
  pnpmInstall,
  writeManifest,
} from '../harness/stack/packed.ts';
import { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const COMPONENTS = `
import * as weir from 'pulumi-weir';
export function site(port) {
  const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
  return new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port });
}
`;

const NOT_FOUND =
  "add pulumi-weir to the dependencies of the stack's project and keep it until the last resource is deleted";

function programOf(module: string, port: number): string {
  return `import { site } from '${module}';\nsite(${port});\n`;
}

test('a project that depends only on components works from preview to destroy', async (t) => {
  const weir = `file:${packWeir(t)}`;
  const components = temporaryDirectory(t);
  const asModule = { name: '@acme/components', version: '1.0.0', main: undefined, exports: './index.js' };
  const rest = { ...asModule, peerDependencies: { '@pulumi/pulumi': '*' } };
  writeManifest(components, { 'pulumi-weir': weir }, rest);
  writeFileSync(join(components, 'index.js'), COMPONENTS);
  const packed = `file:${packFolder(components)}`;

  const nested = temporaryDirectory(t);
  writeManifest(nested, { '@acme/components': packed, '@pulumi/pulumi': PULUMI_VERSION });
  npmInstall(nested, '--install-strategy=nested');

  const workspace = temporaryDirectory(t);
  writeFileSync(join(workspace, 'pnpm-workspace.yaml'), 'packages: [components, linked, installed]\n');
  writeManifest(workspace, {}, { name: 'workspace' });
  cpSync(components, join(workspace, 'components'), { recursive: true });
  for (const [name, version] of [
    ['linked', 'workspace:*'],
    ['installed', packed],
  ] as const) {
    mkdirSync(join(workspace, name));
    writeManifest(join(workspace, name), { '@acme/components': version, '@pulumi/pulumi': PULUMI_VERSION }, { name });
  }
  pnpmInstall(workspace);

  const layouts = {
    'nested by npm': nested,
    'a pnpm workspace, components of the workspace': join(workspace, 'linked'),
    'a pnpm workspace, components from elsewhere': join(workspace, 'installed'),
  };
  for (const [layout, directory] of Object.entries(layouts)) {
    await t.test(layout, async (t) => {
      const runtime = await RuntimeProcess.start(t);
      const stack = await Stack.at(t, directory, programOf('@acme/components', await freePort()), runtime);
      await stack.up();
      await stack.done(['preview', '--expect-no-changes']);
      assert.match(await stack.done(['refresh', '--yes', '--skip-preview']), /3 unchanged/);
      await stack.destroy();
      assert.equal((await stack.resources()).size, 0);
    });
  }
});

test('if the package is not found, each command says in one line what to add, and the state is kept', async (t) => {
  const { runtime, stack, freePort } = await stackWorldOf(t);
  stack.write(programOf('outer', await freePort()));
  const modules = join(stack.directory, 'node_modules');
  const asDependency = join(modules, 'pulumi-weir');
  rmSync(asDependency);
  writeManifest(stack.directory, { outer: '1.0.0' });
  // pulumi-weir is installed two levels below the project, where the program finds the package and the provider does
  // not.
  const outer = join(modules, 'outer');
  const inner = join(outer, 'node_modules/inner');
  mkdirSync(join(inner, 'node_modules'), { recursive: true });
  writeManifest(outer, { inner: '1.0.0' }, { main: 'index.js' });
  writeFileSync(join(outer, 'index.js'), "export * from 'inner';\n");
  writeManifest(inner, { 'pulumi-weir': '1.0.0' }, { main: 'index.js' });
  writeFileSync(join(inner, 'index.js'), COMPONENTS);
  symlinkSync(ROOT, join(inner, 'node_modules/pulumi-weir'));

  const fails = async (...args: string[]) => {
    const text = await stack.fails([...args, '--yes', '--skip-preview']);
    assert.match(text, new RegExp(`^ +error: ${NOT_FOUND}$`, 'm'));
    assert.match(text, /^ +weir: not found$/m);
    assert.doesNotMatch(text, /^\s+at |Require stack|node:internal/m);
  };
  await fails('up');
  assert.equal((await stack.resources()).size, 0);

  symlinkSync(ROOT, asDependency);
  await stack.up();
  const kept = async () =>
    [...(await stack.resources())].map(([name, { id, inputs, outputs }]) => ({ name, id, inputs, outputs }));
  const before = await kept();
  assert.deepEqual(
    before.map(({ name }) => name),
    ['lb', 'web'],
  );
  rmSync(asDependency);
  await fails('up');
  await fails('refresh');
  await fails('destroy');
  assert.deepEqual(await kept(), before);
  assert.equal((await runtime.call('GET', `/v1/listeners/${before[1]?.id}`)).status, 200);

  symlinkSync(ROOT, asDependency);
  await stack.destroy();
  assert.equal((await stack.resources()).size, 0);
});
