// The commands of README.md: the quick start, and a new project with its stack and the preview of a change.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as weir from 'pulumi-weir';
import { freePort, httpBackend } from '../../harness/backends/backends.ts';
import { exchange } from '../../harness/clients/load.ts';
import { tour } from '../../harness/documents/tour.ts';
import { copyTree } from '../../harness/machine/tree.ts';
import { temporaryDirectory, until } from '../../harness/runtime/runtime.ts';

test('the commands of README.md do what it says, from `npm run up` to the preview of a new project', async (t) => {
  let directory: string | undefined;
  // This hook runs before the one that removes the copy. It changes nothing if `npm run down` of the document has
  // already run.
  t.after(() => {
    if (directory !== undefined) spawnSync('npm', ['run', 'down'], { cwd: directory });
  });
  directory = copyTree(t);
  const port = await freePort();
  const [b1, b2] = [await httpBackend(t, 'b1'), await httpBackend(t, 'b2')];
  let isUp = false;
  await tour(t, 'README.md', {
    directory,
    replacements: {
      8080: `${port}`,
      9001: `${b1.port}`,
      9002: `${b2.port}`,
      '../shop': join(temporaryDirectory(t), 'shop'),
    },
    drawings: {
      '  stack: a program with resources of the package pulumi-weir; several stacks can share a runtime':
        namesResources,
    },
    instead: {
      'npm run up': async (journey) => {
        isUp = true;
        // The quick start uses another port if its default port is taken.
        return (await journey.done('npm run up')).replace(/(requests to http:\/\/127\.0\.0\.1:)\d+/, `$1${port}`);
      },
      // `npm test` runs this test too, so the test must not run `npm test`.
      'npm test': () => assert.ok(isUp),
    },
    before: {
      'pulumi preview': async (journey) => {
        await until('traffic', async () => (await exchange(`http://127.0.0.1:${port}/`)).backend);
        const program = join(journey.terminal.directory, 'index.ts');
        const text = readFileSync(program, 'utf8');
        writeFileSync(program, text.replace('weight: 20', 'weight: 25'));
      },
    },
  });
});

/** Checks that the drawing of the parts names exactly these resource classes, and that the SDK exports them. */
function namesResources(drawing: string): void {
  const names = drawing.match(/\b[A-Z][a-z]+[A-Z]\w+|\bListener\b/g) ?? [];
  assert.deepEqual([...new Set(names)].sort(), ['ForwardingRule', 'Listener', 'LoadBalancer', 'TargetAttachment']);
  for (const name of names) assert.ok(name in weir, name);
}
