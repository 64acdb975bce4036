// A file system of a given size in a mount namespace of its own, for tests of a full disk.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../runtime/runtime.ts';

export class SmallDisk {
  /** The folder as programs in the namespace see it. */
  readonly folder: string;
  /** The same folder as this process sees it. */
  readonly seen: string;
  /** The beginning of a command that is to run in the namespace. */
  readonly enter: readonly string[];

  private constructor(folder: string, pid: number, isRoot: boolean) {
    this.folder = folder;
    this.seen = `/proc/${pid}/root${folder}`;
    this.enter = ['nsenter', '--target', `${pid}`, '--mount', ...(isRoot ? [] : ['--user', '--preserve-credentials'])];
  }

  /** Mounts the file system. It goes with the test. `size` is a number of bytes, or one with "k" or "m". */
  static async mount(t: Pick<TestContext, 'after'>, size: string): Promise<SmallDisk> {
    const folder = temporaryDirectory(t);
    const isRoot = process.geteuid?.() === 0;
    const mount = `mount -t tmpfs -o size=${size},mode=700 weir-test "$1" && echo mounted && exec cat`;
    const namespace = ['--mount', ...(isRoot ? [] : ['--user', '--map-root-user'])];
    const holder = spawn('unshare', [...namespace, 'sh', '-c', mount, 'sh', folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => holder.kill('SIGKILL'));
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'close').then(([code]) => {
        throw new Error(`no file system could be mounted in a namespace (unshare ended with ${code})`);
      }),
    ]);
    return new SmallDisk(folder, holder.pid ?? 0, isRoot);
  }

  /** Takes all space of the file system but `leave` bytes. */
  fill(leave = 0): void {
    const file = join(this.seen, 'filler');
    const opened = openSync(file, 'a');
    try {
      for (const part of [Buffer.alloc(64 * 1024), Buffer.alloc(512)]) while (hasWritten(opened, part));
    } finally {
      closeSync(opened);
    }
    truncateSync(file, Math.max(0, statSync(file).size - leave));
  }

  /** Gives the space back that `fill` took. */
  free(): void {
    rmSync(join(this.seen, 'filler'));
  }
}

function hasWritten(file: number, part: Buffer): boolean {
  try {
    return writeSync(file, part) === part.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
