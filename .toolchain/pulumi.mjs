// Finds the Pulumi CLI and its Node.js language host, or installs them: the release, else a build from source.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goBuild } from './go-build.mjs';
import { withLock } from './lock.mjs';
import { probeVersion } from './probe.mjs';
import { SetupError, say } from './progress.mjs';
import { downloadRelease } from './release.mjs';
import { findCommand } from './search-path.mjs';
import { CLI_VERSION, isAtLeast, PULUMI_MINIMUM } from './versions.mjs';

const CLI = 'pulumi';
const LANGUAGE_HOST = 'pulumi-language-nodejs';
const LAUNCHER = 'pulumi-resource-pulumi-nodejs';

/**
 * Returns the Pulumi CLI to use: the installed one if it is good enough, else the pinned version in the cache.
 * @param {string} cache
 * @returns {Promise<string[]>} the folders to put before PATH, if any
 */
export async function ensurePulumi(cache) {
  const bin = path.join(cache, `pulumi-${CLI_VERSION}`, 'bin');
  const installed = findCommand(CLI, process.env.PATH);
  if (installed && path.dirname(installed) !== bin && (await isUsable(installed, cache))) return [];
  if (!isComplete(bin)) {
    const purpose = `Pulumi ${CLI_VERSION}`;
    await withLock(path.join(cache, 'locks', `pulumi-${CLI_VERSION}.lock`), purpose, () => bring(bin));
  }
  return [bin];
}

/**
 * Whether an installed CLI can be used: it is new enough and came with what a dynamic provider in Node needs.
 * @param {string} cli
 * @param {string} cache
 */
async function isUsable(cli, cache) {
  if (!findCommand(LANGUAGE_HOST, process.env.PATH) || !findCommand(LAUNCHER, process.env.PATH)) return false;
  const version = await probeVersion(cli, ['version'], cache);
  return version !== undefined && isAtLeast(version, PULUMI_MINIMUM);
}

/**
 * Whether the folder contains the Pulumi CLI, its language host and this repository's launcher.
 * @param {string} bin
 */
function isComplete(bin) {
  return existsSync(path.join(bin, CLI)) && existsSync(path.join(bin, LANGUAGE_HOST)) && isLauncherCurrent(bin);
}

/**
 * Fills the folder with what it lacks: the Pulumi CLI and language host from a release or a build, and the launcher.
 * @param {string} bin
 */
async function bring(bin) {
  mkdirSync(bin, { recursive: true });
  // These files were left by a set-up that was killed. No other process uses them, because this one holds the lock.
  for (const name of readdirSync(bin)) {
    if (name.endsWith('.tmp')) rmSync(path.join(bin, name), { recursive: true, force: true });
  }
  const missing = [CLI, LANGUAGE_HOST].filter((name) => !existsSync(path.join(bin, name)));
  if (missing.length > 0) {
    try {
      await downloadRelease(CLI_VERSION, missing, bin);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      await build(bin, missing, error);
    }
  }
  if (!isLauncherCurrent(bin)) installLauncher(bin);
}

/**
 * Builds the missing programs with Go, because the release could not be downloaded. Throws if there is no Go.
 * @param {string} bin
 * @param {string[]} missing
 * @param {Error} refusal why the release could not be downloaded
 */
async function build(bin, missing, refusal) {
  const go = findCommand('go', process.env.PATH);
  if (!go) {
    throw new SetupError(
      `the Pulumi CLI ${PULUMI_MINIMUM} or newer is needed and cannot be installed: it is not on PATH with its Node.js plugins, ` +
        `it cannot be downloaded (${refusal.message}), and Go, which could build it, is not on PATH.\n` +
        'Install Pulumi: https://www.pulumi.com/docs/install/ or Go: https://go.dev/doc/install, and run this again.',
    );
  }
  say(`the official release cannot be downloaded (${refusal.message}): building it with Go instead`);
  if (missing.includes(LANGUAGE_HOST)) {
    await goBuild({
      title: "building Pulumi's Node.js language host (about a minute)",
      go,
      module: 'language-host',
      package: 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
      output: path.join(bin, LANGUAGE_HOST),
    });
  }
  if (missing.includes(CLI)) {
    await goBuild({
      title: `building the Pulumi CLI ${CLI_VERSION} (3 to 5 minutes, once)`,
      go,
      module: 'cli',
      package: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
      // Without this linker variable, `pulumi version` prints nothing, and the Automation API refuses to start.
      define: { 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version': `v${CLI_VERSION}` },
      output: path.join(bin, CLI),
    });
  }
}

/**
 * The launcher of dynamic resources, a program of this repository. It replaces the release's launcher, so that the
 * tested one runs.
 */
const launcherSource = new URL(`./${LAUNCHER}`, import.meta.url);

/**
 * Whether the launcher in the folder is the one of this repository.
 * @param {string} bin
 */
function isLauncherCurrent(bin) {
  try {
    return readFileSync(path.join(bin, LAUNCHER)).equals(readFileSync(launcherSource));
  } catch {
    return false;
  }
}

/**
 * Puts this repository's launcher into the folder, in place of the release's.
 * @param {string} bin
 */
function installLauncher(bin) {
  const temporary = path.join(bin, `${LAUNCHER}.tmp`);
  writeFileSync(temporary, readFileSync(launcherSource), { mode: 0o755 });
  renameSync(temporary, path.join(bin, LAUNCHER));
}
