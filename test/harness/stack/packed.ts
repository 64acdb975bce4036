// The package as a user installs it: the tarball of `npm pack`, and projects that depend on it.
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { copyTree, ROOT } from '../machine/tree.ts';
import { temporaryDirectory } from '../runtime/runtime.ts';

/** Version of @pulumi/pulumi in this checkout. */
export const PULUMI_VERSION: string = JSON.parse(
  readFileSync(join(ROOT, 'node_modules/@pulumi/pulumi/package.json'), 'utf8'),
).version;

/** Environment variable with the folder in which a run of tests keeps the package. */
export const PACKED_FOLDER = 'TEST_PACKED_FOLDER';

/**
 * Packs a copy of the checkout, because packing rewrites package.json for a moment. Returns the path of the tarball,
 * which is that of an earlier test if there is one.
 */
export function packWeir(t: Pick<TestContext, 'after'>): string {
  const folder = process.env[PACKED_FOLDER];
  if (folder === undefined) return packFolder(copyTree(t));
  const [name] = globSync('*.tgz', { cwd: folder });
  if (name !== undefined) return join(folder, name);
  const packed = packFolder(copyTree(t));
  const kept = join(folder, basename(packed));
  // Only a rename lets the next test never see a part of it.
  copyFileSync(packed, `${kept}.${process.pid}`);
  renameSync(`${kept}.${process.pid}`, kept);
  return kept;
}

/** Packs a folder. Returns the path of the tarball, which is in the folder. */
export function packFolder(directory: string): string {
  return join(directory, execFileSync('npm', ['pack', '--silent'], { cwd: directory, encoding: 'utf8' }).trim());
}

/** Writes the package.json of a project. The value of a dependency is a version or a `file:` URL. */
export function writeManifest(directory: string, dependencies: Record<string, string>, rest: object = {}): void {
  const manifest = { name: 'shop', private: true, type: 'module', main: 'index.ts', ...rest, dependencies };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
}

export function npmInstall(directory: string, ...options: string[]): void {
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent', ...options];
  execFileSync('npm', args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Installs with pnpm; its store is in the folder of the project, so that nothing remains on the machine. */
export function pnpmInstall(directory: string): void {
  const args = ['install', '--no-frozen-lockfile', '--silent', '--store-dir', join(directory, '.store')];
  execFileSync(join(ROOT, 'node_modules/.bin/pnpm'), args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** PATH without this checkout's own `weir`, so that a command finds only what a project has installed. */
export function pathOfUser(): string {
  const own = join(ROOT, '.toolchain/bin');
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== own)
    .join(delimiter);
}

/**
 * Returns the output of `npx pulumi-weir --version` in a project. npx works offline, so it cannot fetch another
 * package.
 */
export function npxWeir(directory: string): string {
  const env = { ...process.env, PATH: pathOfUser(), npm_config_offline: 'true' };
  return execFileSync('npx', ['pulumi-weir', '--version'], { cwd: directory, env, encoding: 'utf8' });
}

/** Installs the package in a folder of its own. Returns the path of its command's file. */
export function installedCommand(t: Pick<TestContext, 'after'>): string {
  const directory = temporaryDirectory(t);
  writeManifest(directory, { 'pulumi-weir': `file:${packWeir(t)}` });
  npmInstall(directory, '--omit=peer');
  const folder = join(directory, 'node_modules/pulumi-weir');
  return join(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin.weir);
}
