// The commands of provider/runtime/README.md: a runtime as a systemd service, with backup and restore.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../harness/backends/backends.ts';
import { type Tour, tour } from '../../harness/documents/tour.ts';
import { findProgram } from '../../harness/machine/find-program.ts';
import { ROOT } from '../../harness/machine/tree.ts';
import { MAIN, temporaryDirectory, until } from '../../harness/runtime/runtime.ts';

/** The systemd unit with the folders of this machine. */
function unitOf(journey: Tour): string {
  return journey.toMachine(readFileSync(join(ROOT, 'examples/operate/weir.service'), 'utf8'));
}

/** The command that the systemd unit starts, or, for a reload, the one that takes over. */
function commandOf(journey: Tour, pattern: RegExp): string {
  const unit = unitOf(journey);
  const [, options = ''] = /^Environment="OPTIONS=(.*)"$/m.exec(unit) ?? [];
  const [, command = assert.fail(`no ${pattern}`)] = pattern.exec(unit) ?? [];
  return command.replace(/\$+OPTIONS/, options);
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
    await journey.commands(commandOf(journey, /^ExecStart=(.*)$/m));
  };
  const isInstalled = () => assert.equal(spawnSync(join(opt, 'node_modules/.bin/weir'), ['--version']).status, 0);
  await tour(t, 'provider/runtime/README.md', {
    replacements: {
      '/opt/weir': opt,
      '/var/lib/weir': data,
      '/var/log/weir': logs,
      '/var/backups/weir': backups,
      '/root/keys': keys,
      '0.0.0.0:7443': `0.0.0.0:${secure}`,
      'localhost:7443': `localhost:${secure}`,
      8080: `${await freePort()}`,
      // No target listens on this port, so the runtime sends a local response.
      9001: `${await freePort()}`,
    },
    before: {
      // Deletes the objects that the backup must restore.
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
      // The worker writes the access-log line of a request up to a tenth of a second after the response.
      'tail -n 1 /var/log/weir/access.log': () =>
        until('the line', () => readFileSync(join(logs, 'access.log'), 'utf8') || undefined),
      // This step only checks that the package is installed; test/e2e/documents/readme.test.ts really installs a packed
      // package.
      'npm install --prefix /opt/weir ./pulumi-weir-0.1.0.tgz': isInstalled,
      // `useradd` and `chown` need root; the test runs the runtime as its own user.
      'useradd --system --home-dir /var/lib/weir weir': () => {},
      'chown -R weir: /var/lib/weir': () => {},
      'cp /opt/weir/node_modules/pulumi-weir/examples/operate/weir.service /etc/systemd/system/': (journey) =>
        writeFileSync(join(journey.directory, 'weir.service'), unitOf(journey)),
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
      // systemd need not run on this machine. The stand-ins start and end the process of the unit.
      'systemctl enable --now weir': start,
      'systemctl restart weir': start,
      'systemctl start weir': start,
      'systemctl kill --signal=SIGHUP weir': (journey) => journey.terminal.signal(/weir serve/, 'SIGHUP'),
      'systemctl reload weir': (journey) => journey.commands(commandOf(journey, /^ExecReload=.*\{ (.*) & \}/m)),
      'systemctl stop weir': (journey) => journey.terminal.end(/weir serve/),
      // This step does nothing, because test/e2e/renamed-package.test.ts runs the upgrade with a state of version
      // 0.1.0.
      'npm install ./pulumi-weir-0.1.0.tgz': () => {},
      'pulumi up --yes': () => {},
      'npm uninstall weir': () => {},
    },
  });
});
