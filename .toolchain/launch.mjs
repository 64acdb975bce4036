// The command that run.mjs is given: it runs as if the user had called it, with the same streams, signals and ending.

import { spawn } from 'node:child_process';
import os from 'node:os';
import { isatty } from 'node:tty';
import { SetupError } from './progress.mjs';

/** @type {NodeJS.Signals[]} */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** The exit codes of a shell for a command that does not exist, and for a file that must not be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** A command that could not be started, with the exit code that stands for it. */
export class LaunchError extends SetupError {
  /**
   * Makes the error from a message and from the exit code with which run.mjs ends.
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a command on this process's streams and passes signals on. Resolves when the command has ended.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
export function launch(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    // At a terminal, the SIGINT of Ctrl-C reaches every process of the foreground group, so the command has already
    // received it; a second SIGINT would make `pulumi` stop without finishing its work. Without a terminal, only this
    // process receives SIGINT, and passes it on. `isatty` is used because reading `process.stdout` would make a pipe
    // non-blocking, also for the command, whose writes would then fail with EAGAIN as soon as the reader is slow.
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
 * Ends this process as its child ended, so that the waiting process sees no difference.
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} ending
 */
export function endLike({ code, signal }) {
  if (signal) endBySignal(signal);
  else process.exit(code ?? 1);
}

/**
 * Ends this process by a signal, as if the process had no handlers for it.
 * @param {NodeJS.Signals} signal
 */
export function endBySignal(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The process may outlive the signal: Node ignores some signals, such as SIGPIPE, and others take a moment. The
  // process then exits with the code that a shell gives for the signal.
  setTimeout(() => process.exit(128 + os.constants.signals[signal]), 100);
}
