// Finds a Node.js that is new enough, or installs one from an npm package into the cache.

import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.mjs';
import { withLock } from './lock.mjs';
import { npmCommand } from './npm.mjs';
import { SetupError, step } from './progress.mjs';
import { findCommand } from './search-path.mjs';
import { isAtLeast, NODE_MINIMUM, NODE_PACKAGES } from './versions.mjs';

/**
 * Returns the Node.js that runs the command: the current one if it is new enough, else an installed one from the cache.
 * @param {string} cache
 * @returns {Promise<{ version: string, folders: string[] }>} the folders to put before PATH, if any
 */
export async function ensureNode(cache) {
  if (isAtLeast(process.version, NODE_MINIMUM)) {
    return { version: process.version, folders: isOnPath(process.execPath) ? [] : [path.dirname(process.execPath)] };
  }
  const pinned = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  if (!pinned) {
    throw new SetupError(
      `Node ${NODE_MINIMUM} or newer is needed; this is ${process.version}, and npm has no pinned one for ` +
        `${process.platform} on ${process.arch}. Install it from https://nodejs.org/ and run this again.`,
    );
  }
  const folder = path.join(cache, `node-${pinned.version}-${process.platform}-${process.arch}`);
  const bin = path.join(folder, 'bin');
  const binary = path.join(bin, 'node');
  if (!existsSync(binary)) {
    await withLock(path.join(cache, 'locks', `${path.basename(folder)}.lock`), `Node ${pinned.version}`, async () => {
      if (existsSync(binary)) return;
      await step(`Node ${process.version} is too old: bringing Node ${pinned.version} from npm`, async () => {
        try {
          await install(pinned, folder, binary);
        } catch (cause) {
          if (!(cause instanceof SetupError)) throw cause;
          const advice = `Install Node ${NODE_MINIMUM} or newer from https://nodejs.org/ and run this again.`;
          throw new SetupError(`${cause.message}\n${advice}`, { cause });
        }
      });
    });
  }
  return { version: `v${pinned.version}`, folders: [bin] };
}

/**
 * Installs the pinned package and keeps only its binary, a tenth of the files. Without native packages, no headers are
 * needed.
 * @param {{ name: string, version: string, integrity: string }} pinned
 * @param {string} folder
 * @param {string} binary
 */
async function install(pinned, folder, binary) {
  const temporary = `${folder}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const spec = `${pinned.name}@${pinned.version}`;
  const quiet = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];
  const { file, env } = npmCommand();
  // Without --prefix, npm would install into the nearest folder above that has a package.json.
  await exec(file, ['install', '--prefix', temporary, ...quiet, spec], { cwd: temporary, env });
  const modules = path.join(temporary, 'node_modules');
  // npm has checked the download against the registry's checksum. That this checksum is the pinned one is checked here.
  const installed = JSON.parse(readFileSync(path.join(modules, '.package-lock.json'), 'utf8'));
  const integrity = installed.packages[`node_modules/${pinned.name}`]?.integrity;
  if (integrity !== pinned.integrity) {
    throw new SetupError(`${spec}: its checksum ${integrity} is not the pinned ${pinned.integrity}.`);
  }
  const fresh = path.join(modules, pinned.name, 'bin', 'node');
  chmodSync(fresh, 0o755);
  mkdirSync(path.dirname(binary), { recursive: true });
  renameSync(fresh, binary);
  rmSync(temporary, { recursive: true, force: true });
}

/**
 * Whether the command `node` on PATH is this binary.
 * @param {string} binary
 */
function isOnPath(binary) {
  const found = findCommand('node', process.env.PATH);
  return found !== undefined && realpathSync(found) === realpathSync(binary);
}
