// Schemathesis (PyPI, pinned version), installed in a virtual environment in the cache folder.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../.toolchain/cache.mjs';
import { exec } from '../../../.toolchain/exec.mjs';
import { withLock } from '../../../.toolchain/lock.mjs';

const FOLDER = fileURLToPath(new URL('../../e2e/schemathesis/', import.meta.url));

/** Runs Schemathesis in the folder `cwd`, where it stores its findings. Resolves with the exit code and the output. */
export async function runSchemathesis(args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const python = await environment();
  const child = spawn(join(python, 'bin', 'schemathesis'), ['--config-file', `${FOLDER}schemathesis.toml`, ...args], {
    cwd,
    env: { ...process.env, SCHEMATHESIS_HOOKS: `${FOLDER}hooks.py`, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

/**
 * Returns the folder of the virtual environment, and makes it if it is missing. Its name contains a hash of the
 * requirements.
 */
async function environment(): Promise<string> {
  const requirements = `${FOLDER}requirements.txt`;
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const cache = cacheFolder(process.env);
  const folder = join(cache, `schemathesis-${version}`);
  if (existsSync(join(folder, 'whole'))) return folder;
  await withLock(join(cache, 'locks', `schemathesis-${version}.lock`), 'Schemathesis', async () => {
    if (existsSync(join(folder, 'whole'))) return;
    // The installed programs contain the path of their folder. The environment is therefore made in place, and the
    // folder `whole` marks it complete.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await exec('python3', ['-m', 'venv', folder]);
    const install = ['install', '--quiet', '--no-deps', '--disable-pip-version-check', '-r', requirements];
    await exec(join(folder, 'bin', 'pip'), install);
    mkdirSync(join(folder, 'whole'));
  });
  return folder;
}
