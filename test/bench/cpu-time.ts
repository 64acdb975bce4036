// Processor time that all threads of a process and of its children have used so far.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

let ticksPerSecond: number | undefined;

export function cpuMicros(pid: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const ticks = [pid, ...childrenOf(pid)].map((each) => cpuTicks(readFileSync(`/proc/${each}/stat`, 'utf8')));
  return (ticks.reduce((sum, each) => sum + each, 0) * 1e6) / ticksPerSecond;
}

/** Returns the processes that the main thread of a process has started, such as the workers of nginx. */
export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/**
 * Returns utime + stime of proc_pid_stat(5), the 14th and 15th field. The 2nd field, a name in brackets, may contain
 * spaces and brackets.
 */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) throw new Error(`not a line of /proc/PID/stat: ${stat}`);
  return ticks;
}
