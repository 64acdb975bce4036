// Processors of the benchmark's processes: the measured proxies have one of their own, which no other process uses.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { childrenOf } from './cpu-time.ts';

const COUNT = availableParallelism();
const PROXY_CPU = COUNT - 1;

/** Keeps this process and those that it starts from now on, mainly wrk and the backend, off the last processor. */
export function leaveProxyCpu(): void {
  if (COUNT > 1) setAffinity(process.pid, `0-${PROXY_CPU - 1}`);
}

/** Allows this process all processors, for measurements without peers. */
export function takeAllCpus(): void {
  if (COUNT > 1) setAffinity(process.pid, `0-${PROXY_CPU}`);
}

/** Moves all threads of a process to the last processor; threads that they start later stay there. */
export function giveProxyCpu(pid: number): void {
  if (COUNT > 1) setAffinity(pid, `${PROXY_CPU}`);
}

/** Allows a proxy of several threads all processors, and its children too. */
export function giveAllCpus(pid: number): void {
  if (COUNT > 1) for (const each of [pid, ...childrenOf(pid)]) setAffinity(each, `0-${PROXY_CPU}`);
}

/** Sets the processors of a process by `taskset` of util-linux, which every Debian system has. */
function setAffinity(pid: number, cpus: string): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, `${pid}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
