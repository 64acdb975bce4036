// Finds Pulumi's plugin for @pulumi/random, or installs it: the official release, else the stand-in of the tests.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { download } from './download.mjs';
import { exec } from './exec.mjs';
import { withLock } from './lock.mjs';
import { SetupError, say, step } from './progress.mjs';
import { findCommand } from './search-path.mjs';

const PLUGIN = 'pulumi-resource-random';
const RELEASES = 'https://get.pulumi.com/releases/plugins';
/** A file by which a folder with the stand-in is recognised. The official plugin does not contain it. */
const MARK = 'provider.mjs';

/**
 * Installs the plugin if it is missing. Without a plugin where Pulumi looks, every `pulumi` command of a project with
 * @pulumi/random tries to download one, and a stack that uses it fails. The stand-in is never installed in a
 * PULUMI_HOME that the user has set, because it would hide that the official plugin is missing. It is put on PATH
 * instead, and Pulumi itself reports that.
 * @param {string} root
 * @param {string} ownHome the PULUMI_HOME if the user has set none
 * @param {string} cache
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[]>} the folders to put before PATH, if any
 */
export async function ensureRandomPlugin(root, ownHome, cache, env) {
  const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules/@pulumi/random/package.json'), 'utf8'));
  const home = env.PULUMI_HOME || ownHome;
  const folderIn = (/** @type {string} */ place) => path.join(place, 'plugins', `resource-random-v${version}`);
  if (findCommand(PLUGIN, env.PATH)) return [];
  if (home !== ownHome && existsSync(path.join(folderIn(home), PLUGIN))) return [];

  const folder = folderIn(ownHome);
  const standIn = path.join(root, 'test', 'random-plugin');
  if (!isCurrent(folder, standIn)) {
    await withLock(path.join(cache, 'locks', `${path.basename(folder)}.lock`), 'the random plugin', async () => {
      if (!isCurrent(folder, standIn)) await bring(version, folder, standIn);
    });
  }
  return home !== ownHome && isStandIn(folder) ? [folder] : [];
}

/**
 * Installs the official plugin or, if it cannot be downloaded, the stand-in.
 * @param {string} version
 * @param {string} folder
 * @param {string} standIn
 */
async function bring(version, folder, standIn) {
  if (!isStandIn(folder)) {
    try {
      await downloadPlugin(version, folder);
      return;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      say(
        `the official random plugin cannot be downloaded (${error.message}): using a STAND-IN for it, test/random-plugin. ` +
          `To try the download again, remove ${folder}`,
      );
    }
  }
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(standIn)) {
    const temporary = path.join(folder, `${name}.tmp`);
    writeFileSync(temporary, readFileSync(path.join(standIn, name)), { mode: 0o755 });
    renameSync(temporary, path.join(folder, name));
  }
}

/**
 * Downloads the plugin over https from the host that `pulumi plugin install` uses, which checks no checksum either.
 * @param {string} version
 * @param {string} folder
 */
async function downloadPlugin(version, folder) {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const archive = `${folder}.tar.gz`;
  const temporary = `${folder}.tmp`;
  await step(`downloading the random plugin ${version}`, async () => {
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    try {
      await download(`${RELEASES}/${PLUGIN}-v${version}-${process.platform}-${architecture}.tar.gz`, archive);
      await exec('tar', ['-xzf', archive, '-C', temporary]);
      chmodSync(path.join(temporary, PLUGIN), 0o755);
      renameSync(temporary, folder);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
      rmSync(archive, { force: true });
    }
  });
}

/**
 * Whether the folder contains the stand-in for the plugin, not the official plugin.
 * @param {string} folder
 */
function isStandIn(folder) {
  return existsSync(path.join(folder, MARK));
}

/**
 * Whether the folder contains the official plugin, or the stand-in of this checkout.
 * @param {string} folder
 * @param {string} standIn
 */
function isCurrent(folder, standIn) {
  if (!isStandIn(folder)) return existsSync(path.join(folder, PLUGIN));
  return readdirSync(standIn).every((name) => isSame(path.join(standIn, name), path.join(folder, name)));
}

/**
 * Whether two files exist with the same content.
 * @param {string} one
 * @param {string} other
 */
function isSame(one, other) {
  return existsSync(other) && readFileSync(one).equals(readFileSync(other));
}
