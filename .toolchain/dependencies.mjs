// Installs the repository's npm packages if they differ from the lock file.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.mjs';
import { withLock } from './lock.mjs';
import { npmCommand } from './npm.mjs';
import { SetupError, step } from './progress.mjs';

/**
 * The stamp file holds the hash of the installed packages. It is in node_modules, so that it disappears with that
 * folder.
 */
const STAMP = path.join('node_modules', '.weir-stamp');

/**
 * Installs the repository's npm packages with `npm ci` if they are not current. Only one process at a time does so.
 * @param {string} root
 * @param {{ version: string, folders: string[] }} node
 * @param {string} cache
 */
export async function ensureDependencies(root, node, cache) {
  const wanted = stamp(root, node.version);
  if (readStamp(root) === wanted) return;
  // The lock is not in node_modules, which npm empties, nor in the checkout, which other processes may be reading.
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  await withLock(path.join(cache, 'locks', `npm-${name}.lock`), `the npm packages of ${root}`, async () => {
    if (readStamp(root) === wanted) return;
    const { file, env } = npmCommand(node.folders);
    // NODE_ENV=production would leave out @pulumi/pulumi, which is a development dependency here.
    const args = ['ci', '--prefix', root, '--include=dev', '--no-audit', '--no-fund'];
    await step('installing the npm packages (npm ci)', () => exec(file, args, { cwd: root, env }));
    mkdirSync(path.join(root, 'node_modules'), { recursive: true });
    writeFileSync(path.join(root, STAMP), wanted);
  });
}

/**
 * A hash of the Node.js version and of the files that decide which npm packages are installed. The installed packages
 * are current as long as the hash stays the same.
 * @param {string} root
 * @param {string} nodeVersion
 */
export function stamp(root, nodeVersion) {
  const hash = createHash('sha256').update(nodeVersion);
  for (const name of ['package-lock.json', 'package.json']) {
    try {
      const content = readFileSync(path.join(root, name));
      hash.update(`\n${name} ${content.length}\n`).update(content);
    } catch (cause) {
      throw new SetupError(`${path.join(root, name)} cannot be read: it belongs to the repository.`, { cause });
    }
  }
  return hash.digest('hex');
}

/**
 * Reads the hash of the installed packages. Returns `undefined` if there is no stamp file.
 * @param {string} root
 */
function readStamp(root) {
  try {
    return readFileSync(path.join(root, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}
