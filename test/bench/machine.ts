// The machine and the program versions of a benchmark run.
import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import type { Programs } from './programs.ts';

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly haproxy: string;
  readonly nginx: string;
  readonly envoy: string;
  readonly wrk: string;
  /** Load average of the last minute before the run. Above 0, other processes were running too. */
  readonly load: number;
  /** Whether the data folder is in memory. A sync costs nothing there, so writes look faster than they are. */
  readonly isDataInMemory: boolean;
}

const TMPFS_MAGIC = 0x01021994;

export function describeMachine({ haproxy, nginx, envoy, wrk }: Programs): Machine {
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: first?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    kernel: `Linux ${release()}`,
    node: process.version.slice(1),
    haproxy: version(haproxy, /HAProxy version (\d[\d.]*)/),
    nginx: version(nginx, /nginx\/(\d[\d.]*)/),
    envoy: version(envoy, /\/(\d+\.\d+\.\d+)\//, '--version'),
    wrk: version(wrk, /wrk \D*(\d[\d.]*)/),
    load: loadavg()[0] ?? 0,
    isDataInMemory: statfsSync(tmpdir()).type === TMPFS_MAGIC,
  };
}

/** Reads the version of a program from its output. nginx prints it on stderr, and wrk ends with exit code 1. */
function version(command: string, pattern: RegExp, flag = '-v'): string {
  const { stdout, stderr } = spawnSync(command, [flag], { encoding: 'utf8', timeout: 10_000 });
  return pattern.exec(stdout + stderr)?.[1] ?? 'of unknown version';
}
