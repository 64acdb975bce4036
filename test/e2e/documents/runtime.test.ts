// What provider/runtime/README.md says to who operates a runtime: its unit is sound, its commands run, its backup is restored.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../harness/backends/backends.ts';
import { type Tour, tour } from '../../harness/documents/tour.ts';
import { findProgram } from '../../harness/machine/find-program.ts';
import { MAIN, temporaryDirectory, until } from '../../harness/runtime/runtime.ts';

/** The one line that the unit runs. */
function execStart(journey: Tour): string {
  const unit = readFileSync(join(journey.directory, 'weir.service'), 'utf8');
  return /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? assert.fail('no ExecStart');
}

test('the commands of provider/runtime/README.md do what it says, from the first start to a restored backup', async (t) => {
  const [opt, data, logs, backups, keys] = Array.from({ length: 5 }, () => temporaryDirectory(t)) as [
    ...[string, string, string, string, string],
  ];
  mkdirSync(join(opt, 'node_modules/.bin'), { recursive: true });
  symlinkSync(MAIN, join(opt, 'node_modules/.bin/weir'));
  const secure = await freePort();
  const start = async (journey: Tour) => {
    await journey.terminal.end(/weir serve/);
    await journey.commands(execStart(journey));
  };
  const isInstalled = () => assert.equal(spawnSync(join(opt, 'node_modules/.bin/weir'), ['--version']).status, 0);
  await tour(t, 'provider/runtime/README.md', {
    meant: {
      '/opt/weir': opt,
      '/var/lib/weir': data,
      '/var/log/weir': logs,
      '/var/backups/weir': backups,
      '/root/keys': keys,
      '0.0.0.0:7443': `0.0.0.0:${secure}`,
      'localhost:7443': `localhost:${secure}`,
      8080: `${await freePort()}`,
      // Nobody listens there, so that the runtime responds itself.
      9001: `${await freePort()}`,
    },
    before: {
      // What the backup brings back is gone before.
      'systemctl stop weir': async (journey) => {
        await journey.commands(
          ['attachments/app', 'listeners/http', 'load-balancers/web']
            .map((path) => `curl -sfX DELETE -H "Authorization: Bearer $WEIR_TOKEN" http://127.0.0.1:7400/v1/${path}`)
            .join('\n'),
        );
        assert.match(await journey.commands('weir status'), /No listeners yet/);
      },
    },
    instead: {
      // The worker hands the line on within a tenth of a second.
      'tail -n 1 /var/log/weir/access.log': () =>
        until('the line', () => readFileSync(join(logs, 'access.log'), 'utf8') || undefined),
      // readme.test.ts installs the package as it is packed.
      'npm install --prefix /opt/weir ./pulumi-weir-0.1.0.tgz': isInstalled,
      // The test need not be root, and the runtime that it starts is of its own user.
      'useradd --system --home-dir /var/lib/weir weir': () => {},
      'chown -R weir: /var/lib/weir': () => {},
      'systemctl daemon-reload': (journey) => {
        const unit = join(journey.directory, 'weir.service');
        const verify = findProgram('systemd-analyze');
        if (verify === undefined) return;
        const { stderr } = spawnSync(verify, ['verify', '--man=no', unit], { encoding: 'utf8' });
        assert.deepEqual(
          stderr.split('\n').filter((line) => line.includes('weir.service')),
          [],
        );
      },
      // Without systemd as the first process: what these do to the process of the unit.
      'systemctl enable --now weir': start,
      'systemctl restart weir': start,
      'systemctl start weir': start,
      'systemctl reload weir': (journey) => journey.terminal.signal(/weir serve/, 'SIGHUP'),
      'systemctl stop weir': (journey) => journey.terminal.end(/weir serve/),
      // renamed-package.test.ts does this with a state of 0.1.0.
      'npm install ./pulumi-weir-0.1.0.tgz': () => {},
      'pulumi up --yes': () => {},
      'npm uninstall weir': () => {},
    },
  });
});
