// The real Pulumi CLI on the stack of the quick start, with a backend, a home and a passphrase of its own.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DemoError } from './failure.ts';
import { FOLDER, ROOT } from './folder.ts';
import { type DemoRecord, saveRecord } from './record.ts';
import { adminToken } from './runtime.ts';
import { withSignals } from './signals.ts';
import { isLockedByTheDead } from './stale-lock.ts';

const STACK = 'dev';
const STATE = path.join(FOLDER, 'state');
const STACK_FILE = path.join(STATE, '.pulumi', 'stacks', 'weir-quickstart', `${STACK}.json`);
const CONFIG_FILE = path.join(FOLDER, `Pulumi.${STACK}.yaml`);
const HOME = path.join(FOLDER, 'pulumi-home');
const PASSPHRASE_FILE = path.join(FOLDER, 'passphrase');

export function hasStack(): boolean {
  return existsSync(STACK_FILE);
}

/** Creates the stack if it does not exist. Resolves to whether it was created. */
export async function makeStack(): Promise<boolean> {
  if (hasStack()) return false;
  mkdirSync(STATE, { recursive: true, mode: 0o700 });
  sharePlugins();
  writeFileSync(PASSPHRASE_FILE, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  // `stack init` writes the stack's configuration beside a Pulumi.yaml. The copy of Pulumi.yaml in the quick start's
  // folder keeps the user's Pulumi.dev.yaml at the root of the repository untouched.
  copyFileSync(path.join(ROOT, 'Pulumi.yaml'), path.join(FOLDER, 'Pulumi.yaml'));
  await quietly(['stack', 'init', STACK, '--no-select', '--cwd', FOLDER]);
  return true;
}

/** Shares the plugins that run.mjs has downloaded, so that the quick start does not download them again. */
function sharePlugins(): void {
  const { PULUMI_HOME } = process.env;
  if (!PULUMI_HOME) return;
  const plugins = path.join(PULUMI_HOME, 'plugins');
  const link = path.join(HOME, 'plugins');
  mkdirSync(plugins, { recursive: true });
  mkdirSync(HOME, { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync(plugins, link);
}

/** Sets the stack's configuration, as `pulumi config set` does. Values that are already set are left out. */
export async function configure(record: DemoRecord, config: Readonly<{ [key: string]: string }>): Promise<void> {
  const changed = Object.entries(config).filter(([key, value]) => record.config[key] !== value);
  if (changed.length === 0) return;
  const words = changed.flatMap(([key, value]) => ['--plaintext', `${key}=${value}`]);
  await quietly(['config', 'set-all', ...words, ...ON_STACK]);
  record.config = { ...record.config, ...config };
  saveRecord(record);
}

const ON_STACK = ['--stack', STACK, '--config-file', CONFIG_FILE];

/** Runs Pulumi on this terminal, where the user reads its output. */
export async function pulumi(command: string, args: readonly string[]): Promise<void> {
  // The quick start runs once at a time, so this cancels no lock of a living Pulumi.
  if (isLockedByTheDead(STATE)) await quietly(['cancel', STACK, '--yes']);
  process.stdout.write(`\n$ pulumi ${[command, ...args].join(' ')}\n`);
  const child = spawn('pulumi', [command, ...args, ...ON_STACK], { cwd: ROOT, env: environment(), stdio: 'inherit' });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(notThere(error)));
    child.once('close', resolve);
  });
  let isInterrupted = false;
  const code = await withSignals(
    (signal) => {
      isInterrupted = true;
      // At a terminal, Pulumi has received the interrupt already. At a second one it would stop without finishing its
      // work.
      const isFromKeyboard = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
      if (signal !== 'SIGINT' || !isFromKeyboard) child.kill(signal);
    },
    () => ended,
  );
  if (isInterrupted) throw new DemoError(`pulumi ${command} was interrupted; run the same command again`, 130);
  if (code !== 0) throw new DemoError(`pulumi ${command} failed: its output above says why`);
}

function quietly(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, env: environment() };
    execFile('pulumi', ['--non-interactive', ...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve();
      if (typeof error.code === 'string') return reject(notThere(error));
      reject(new DemoError(`pulumi ${args[0]} ${args[1]} failed: ${(stderr || stdout).trim()}`));
    });
  });
}

function notThere(error: Error): DemoError {
  return new DemoError(`pulumi cannot be started (${error.message}): use \`npm run up\`, which installs it`);
}

/**
 * The environment for Pulumi, without the user's settings of Pulumi and Weir, so that the user's login, stacks,
 * passphrase and runtime are not touched.
 */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(PULUMI|WEIR)_/.test(name));
  return {
    ...Object.fromEntries(others),
    PULUMI_BACKEND_URL: pathToFileURL(STATE).href,
    PULUMI_HOME: HOME,
    PULUMI_CONFIG_PASSPHRASE_FILE: PASSPHRASE_FILE,
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    WEIR_TOKEN: adminToken(),
  };
}
