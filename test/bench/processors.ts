// Which processors the benchmark's processes run on: the proxies have one of their own, so that nothing else takes its time.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const COUNT = availableParallelism();
const PROXY_CPU = COUNT - 1;

/** What this process starts from here on, wrk and the backend above all, leaves the last processor alone. */
export function leaveProxyCpu(): void {
  if (COUNT > 1) setAffinity(process.pid, `0-${PROXY_CPU - 1}`);
}

/** What is measured without peers has the machine to itself. */
export function takeAllCpus(): void {
  if (COUNT > 1) setAffinity(process.pid, `0-${PROXY_CPU}`);
}

/** All threads that it has; later ones run where the thread that makes them does. */
export function giveProxyCpu(pid: number): void {
  if (COUNT > 1) setAffinity(pid, `${PROXY_CPU}`);
}

/** Of util-linux, which every Debian has. */
function setAffinity(pid: number, cpus: string): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, `${pid}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
