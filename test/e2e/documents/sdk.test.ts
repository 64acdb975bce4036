// The programs, commands and unit test of sdk/README.md.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { WARNING_RULES } from '../../../provider/cli/plan/warning-rules.ts';
import { freePort, httpBackend } from '../../harness/backends/backends.ts';
import { readDocument } from '../../harness/documents/blocks.ts';
import { tour } from '../../harness/documents/tour.ts';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { npmInstall, PULUMI_VERSION, packWeir, writeManifest } from '../../harness/stack/packed.ts';

/** The test runners of the document, with what jest needs for TypeScript. */
const RUNNERS = { vitest: '5.1.2', jest: '30.5.2', 'ts-jest': '29.4.15', typescript: '6.0.3' };

test('the programs and commands of sdk/README.md do what it says', async (t) => {
  const ports = await Promise.all([8080, 8443, 9000].map(async (written) => [written, `${await freePort()}`]));
  const backends = await Promise.all(
    [9001, 9002, 9003, 9004].map(async (written) => [written, `${(await httpBackend(t, `${written}`)).port}`]),
  );
  const installed = temporaryDirectory(t);
  const modules = (folder: string) => join(folder, 'node_modules');
  await tour(t, 'sdk/README.md', {
    hasRuntime: true,
    replacements: Object.fromEntries([...ports, ...backends]),
    before: {
      'pulumi preview --diff': ({ terminal }) => {
        const program = join(terminal.directory, 'index.ts');
        writeFileSync(program, readFileSync(program, 'utf8').replace('weight: 20', 'weight: 25'));
      },
    },
    instead: {
      // The tests have a stand-in for the plugin, because a machine without network cannot install it.
      'pulumi plugin install resource random': async (journey) => {
        assert.match(await journey.done('pulumi plugin install --help'), /pulumi plugin install \[kind name/);
      },
      'npx pulumi-weir export > index.ts': async (journey) => {
        assert.match(await journey.done('npx pulumi-weir export'), /adopt: /);
      },
      // Both runners are installed at once, together with the packed package: jest must load what is published.
      'npm install --save-dev vitest': ({ directory }) => {
        const packed = { 'pulumi-weir': `file:${packWeir(t)}`, '@pulumi/pulumi': PULUMI_VERSION };
        writeManifest(installed, { ...packed, ...RUNNERS });
        npmInstall(installed, '--ignore-scripts');
        // The modules of the project link to this checkout, whose tests vitest would find.
        renameSync(modules(directory), join(installed, 'own_modules'));
        renameSync(modules(installed), modules(directory));
      },
      'npm install --save-dev jest ts-jest typescript': ({ directory }) => {
        assert.ok(existsSync(join(modules(directory), 'ts-jest')));
      },
      'npx jest': async (journey) => {
        await journey.done('npx jest');
        renameSync(modules(journey.directory), modules(installed));
        renameSync(join(installed, 'own_modules'), modules(journey.directory));
      },
      // The test does not run `npm ci`: the project has no lock file, and the command would remove the links to this
      // checkout.
      'npm ci': (journey) => assert.ok(existsSync(join(journey.directory, 'package.json'))),
    },
  });
});

test('sdk/README.md explains every rule of `weir plan --fail-on`', () => {
  const explained = [...readDocument('sdk/README.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule);
  assert.deepEqual(
    WARNING_RULES.filter((rule) => !explained.includes(rule)),
    [],
  );
});
