// Runs the command that run.mjs was given as if it had been called itself: streams, signals and the way it ends.

import { spawn } from 'node:child_process';
import os from 'node:os';
import { isatty } from 'node:tty';
import { SetupError } from './progress.mjs';

/** @type {NodeJS.Signals[]} */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** What a shell returns for a command that is not there, or may not be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** A command that could not be started, with the exit code that stands for it. */
export class LaunchError extends SetupError {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
export function launch(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    // From the keyboard, SIGINT reaches every process of the terminal's foreground group: the command has it already,
    // and a second one makes `pulumi` stop without finishing what it is at. Without a terminal it was sent to us alone.
    // Asked by descriptor: to touch `process.stdout` makes a pipe non-blocking, for the command too, whose writes then
    // fail with EAGAIN as soon as the reader is slow.
    const isFromKeyboard = [0, 1, 2].some((descriptor) => isatty(descriptor));
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (signal !== 'SIGINT' || !isFromKeyboard) child.kill(signal);
      });
    }
    child.on('error', (error) => {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === 'ENOENT') reject(new LaunchError(`${command}: command not found`, NOT_FOUND));
      else reject(new LaunchError(`${command}: ${error.message}`, NOT_EXECUTABLE));
    });
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
}

/**
 * Ends this process as its child ended, so that whoever waits for us cannot tell the difference.
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} ending
 */
export function endLike({ code, signal }) {
  if (signal) endBySignal(signal);
  else process.exit(code ?? 1);
}

/** @param {NodeJS.Signals} signal */
export function endBySignal(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Node ignores some signals (SIGPIPE), and the others may take a moment: then as a shell would say it.
  setTimeout(() => process.exit(128 + os.constants.signals[signal]), 100);
}
