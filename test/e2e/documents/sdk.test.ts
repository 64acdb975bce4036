// What sdk/README.md says to who writes stacks: its programs go up, and its commands and its unit test run.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, httpBackend } from '../../harness/backends/backends.ts';
import { type Tour, tour } from '../../harness/documents/tour.ts';

test('the programs and commands of sdk/README.md do what it says', async (t) => {
  const ports = await Promise.all([8080, 8443, 9000].map(async (written) => [written, `${await freePort()}`]));
  const backends = await Promise.all(
    [9001, 9002, 9003, 9004].map(async (written) => [written, `${(await httpBackend(t, `${written}`)).port}`]),
  );
  const output = async ({ terminal }: Tour, name: string) => {
    const { text } = await terminal.run('pulumi stack export');
    const { resources } = JSON.parse(text).deployment;
    return resources.find(({ urn }: { urn: string }) => urn.endsWith(name)).id;
  };
  await tour(t, 'sdk/README.md', {
    hasRuntime: true,
    meant: Object.fromEntries([...ports, ...backends]),
    before: {
      'pulumi preview --diff': ({ terminal }) => {
        const program = join(terminal.directory, 'index.ts');
        writeFileSync(program, readFileSync(program, 'utf8').replace('weight: 20', 'weight: 25'));
      },
      'weir status': async (journey) => {
        const [group, server] = [
          await output(journey, 'AutoScalingGroup::workers'),
          await output(journey, 'BackendServer::db1'),
        ];
        await journey.done(`export GROUP=${group} SERVER=${server} WEIR_TOKEN=$(cat ~/.weir/*/token)`);
      },
      // The program that stands is that of the last block.
      'npx pulumi-weir export > index.ts': ({ terminal }) => {
        writeFileSync(join(terminal.directory, 'kept.ts'), readFileSync(join(terminal.directory, 'index.ts')));
      },
    },
    instead: {
      // The tests have a stand-in of it, and a machine without network has none.
      'pulumi plugin install resource random': async (journey) => {
        assert.match(await journey.done('pulumi plugin install --help'), /pulumi plugin install \[kind name/);
      },
      'npx pulumi-weir export > index.ts': async (journey) => {
        assert.match(await journey.done('npx pulumi-weir export'), /adopt: /);
      },
      // There is no lock file, and `npm ci` would take away what links to this checkout.
      'npm ci': (journey) => assert.ok(existsSync(join(journey.directory, 'package.json'))),
    },
  });
});
