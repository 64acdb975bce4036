// Programs that the set-up itself runs, whose output is kept for the message if one fails.

import { spawn } from 'node:child_process';
import { SetupError } from './progress.mjs';

/** Number of lines kept from each end of a program's output: npm says what is wrong at the start, Go at the end. */
const KEPT_LINES = 15;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a program. Resolves to its standard output, of which nothing reaches standard output of run.mjs, because that
 * belongs to the command that run.mjs was asked to run.
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options] `onLine` gets each line
 *   of standard error
 * @returns {Promise<string>}
 */
export function exec(file, args, { cwd, env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let stdout = '';
    let stderr = '';
    let unfinished = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    });
    child.on('error', (cause) => {
      running.delete(child);
      reject(new SetupError(`${file} could not be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) return resolve(stdout);
      const output = shorten((stderr.trim() || stdout.trim()).split('\n')).join('\n');
      reject(new SetupError(`${[file, ...args].join(' ')} ended with ${signal ?? `code ${code}`}:\n${output}`));
    });
  });
}

/** Interrupts the running programs with SIGINT, at which `go build` also stops its compilers. */
export function stopAll() {
  for (const child of running) child.kill('SIGINT');
}

/**
 * Shortens a long output to its first and last lines.
 * @param {string[]} lines
 */
function shorten(lines) {
  const left = lines.length - 2 * KEPT_LINES;
  if (left <= 1) return lines;
  return [...lines.slice(0, KEPT_LINES), `[${left} lines left out]`, ...lines.slice(-KEPT_LINES)];
}
