// The commands of examples/README.md, in a checkout and in a project outside.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../harness/backends/backends.ts';
import { type Tour, tour } from '../../harness/documents/tour.ts';
import { copyTree, ROOT } from '../../harness/machine/tree.ts';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { packWeir } from '../../harness/stack/packed.ts';

test('the commands of examples/README.md do what it says, in a checkout and in a project outside', async (t) => {
  const directory = copyTree(t);
  const outside = temporaryDirectory(t);
  // Free ports that replace the default ports of the example.
  const ports = Object.fromEntries(
    await Promise.all([8101, 9101, 9102, 9111, 9112].map(async (port) => [port, `${await freePort()}`] as const)),
  );
  const names = { httpPort: 8101, blue1Port: 9101, blue2Port: 9102, green1Port: 9111, green2Port: 9112 };
  await tour(t, 'examples/README.md', {
    directory,
    replacements: { '/tmp/weir-data': temporaryDirectory(t), 8101: `${ports[8101]}` },
    before: {
      '{': async (journey) => {
        // From here on, the document assumes a project outside of the checkout with the example and the package.
        copyFileSync(join(ROOT, 'examples/blue-green/index.ts'), join(outside, 'index.ts'));
        copyFileSync(join(ROOT, 'examples/blue-green/Pulumi.yaml'), join(outside, 'Pulumi.yaml'));
        copyFileSync(packWeir(t), join(outside, 'pulumi-weir-0.1.0.tgz'));
        await journey.done(`cd ${outside}`);
      },
    },
    instead: {
      // The commands of a tour already run in a shell that has `weir` on its PATH.
      'node .toolchain/run.mjs bash': (journey) => journey.done('node .toolchain/run.mjs weir --version'),
      'for n in 1 2; do node ../backend.ts blue$n 910$n & node ../backend.ts green$n 911$n & done': async (journey) => {
        const backends = [9101, 9102, 9111, 9112].map((port) => `node ../backend.ts b${port} ${ports[port]} &`);
        await journey.done(backends.join('\n'));
      },
      'pulumi stack init dev': async (journey) => {
        const settings = Object.entries(names).map(([name, port]) => `pulumi config set ${name} ${ports[port]}`);
        await journey.done(['pulumi stack init dev', ...settings].join(' && '));
      },
      'pulumi preview': (journey: Tour) => journey.done('pulumi stack select --create copy && pulumi preview'),
    },
  });
});
