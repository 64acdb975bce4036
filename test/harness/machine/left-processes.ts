// Finds the processes that a run of tests has started and left behind, by a mark that each of them inherits.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const VARIABLE = 'TEST_RUN';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
  readonly directory: string;
}

/** From here on every process that this one starts has the mark, and so have those that they start. */
export function markRun(name: string): string {
  // A run inside a run has both marks.
  const mark = `${process.env[VARIABLE] ?? ''}/${name}/`;
  process.env[VARIABLE] = mark;
  return mark;
}

export function processesOfRun(mark: string): FoundProcess[] {
  return processesWith(VARIABLE, mark);
}

/**
 * Processes other than this one that were started with a value that begins so. On Linux alone; elsewhere none is found. What
 * has ended, and is not yet reaped, is none.
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
    // It has ended meanwhile.
  }
}

/** Empty where the process is another user's, or has just ended. */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
