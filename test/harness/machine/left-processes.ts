// Search for processes that a test run has started and left running, by an environment variable that they inherit.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const VARIABLE = 'TEST_RUN';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
  readonly directory: string;
}

/**
 * Sets the mark of a test run in the environment, so that every process started from now on inherits it. Returns the
 * mark.
 */
export function markRun(name: string): string {
  // In a test run inside another test run, processes carry the marks of both runs.
  const mark = `${process.env[VARIABLE] ?? ''}/${name}/`;
  process.env[VARIABLE] = mark;
  return mark;
}

export function processesOfRun(mark: string): FoundProcess[] {
  return processesWith(VARIABLE, mark);
}

/**
 * Returns the processes, other than this one, whose environment variable `variable` has a value that begins with
 * `beginning`. The search works on Linux only; elsewhere the list is empty. Zombies are left out, because their
 * environment is empty.
 */
export function processesWith(variable: string, beginning: string): FoundProcess[] {
  const ids = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return ids.flatMap((id) => {
    const environment = read(() => readFileSync(`/proc/${id}/environ`, 'utf8')).split('\0');
    if (Number(id) === process.pid || !environment.some((text) => text.startsWith(`${variable}=${beginning}`)))
      return [];
    const command = read(() => readFileSync(`/proc/${id}/cmdline`, 'utf8'));
    const directory = read(() => readlinkSync(`/proc/${id}/cwd`));
    return [{ pid: Number(id), command: command.split('\0').join(' ').trim(), directory }];
  });
}

export function endProcess({ pid }: FoundProcess): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended meanwhile.
  }
}

/**
 * Returns the result of `look`. Returns an empty text if `look` fails, because the process belongs to another user or
 * has just ended.
 */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
