// The processes that outlive a command, which are the runtime and the backends: starting, recognising and ending them.
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DemoError } from './failure.ts';
import { FOLDER, ROOT, shown } from './folder.ts';
import type { StartedProcess } from './record.ts';

const POLL_MS = 50;
const START_MS = 20_000;
const STOP_MS = 5_000;

interface Start {
  /** The name of the process, and of its log file. */
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** The line that the process prints when it serves. */
  readonly ready: RegExp;
  /**
   * Called when the process runs but does not serve yet, so that the process is recorded even if this command is ended
   * meanwhile.
   */
  readonly onStarted: (started: StartedProcess) => void;
}

/** Starts a process. Resolves when it serves. */
export async function start({ name, script, args, ready, onStarted }: Start): Promise<void> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const logFile = path.join(FOLDER, `${name}.log`);
  const log = openSync(logFile, 'w');
  const words = [path.join(ROOT, script), ...args];
  // The process has a session of its own and none of this command's streams, so that neither the terminal nor npm waits
  // for it.
  const child = spawn(process.execPath, words, { cwd: ROOT, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.unref();
  if (child.pid !== undefined) onStarted({ pid: child.pid, command: [process.execPath, ...words].join(' ') });
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await delay(POLL_MS)) {
    if (ready.test(readFileSync(logFile, 'utf8'))) return;
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) break;
  }
  const reason = failure?.message ?? reasonIn(readFileSync(logFile, 'utf8'));
  throw new DemoError(`${name} did not start: ${reason} (its log: ${shown(logFile)})`);
}

/** Whether the process lives and is the one that was started, not another one that got its pid. */
export async function isRunning(started: StartedProcess | undefined): Promise<boolean> {
  return started !== undefined && (await commandOf(started.pid)) === started.command;
}

/** Ends a process. A process that has ended, or whose pid another program has now, is left alone. */
export async function end(started: StartedProcess | undefined): Promise<void> {
  if (started === undefined || !(await isRunning(started))) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await isRunning(started)) kill(started.pid, signal);
    for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await delay(POLL_MS)) {
      const command = await commandOf(started.pid);
      // While the process exits, its command line is empty and its port is still taken.
      if (command !== started.command && command !== '') return;
    }
  }
  throw new DemoError(`process ${started.pid} does not end: ${started.command}`);
}

/**
 * The reason of a failure in a log: a crash ends with a stack trace and Node's version, an expected failure with its
 * message.
 */
function reasonIn(log: string): string {
  const lines = log.trim().split('\n');
  return lines.findLast((line) => /^weir: |Error\b/.test(line)) ?? lines.at(-1) ?? '';
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The command line of a process. Returns `undefined` if the process does not exist, or has ended and is a zombie. */
async function commandOf(pid: number): Promise<string | undefined> {
  if (!existsSync('/proc/self/stat')) return commandByPs(pid);
  try {
    const state = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    // The first thread of a process may end before the others, which still hold the process's sockets.
    if ((state === 'Z' || state === 'X') && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return undefined;
  }
}

async function commandByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', `${pid}`]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
