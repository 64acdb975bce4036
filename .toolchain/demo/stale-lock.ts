// Locks that Pulumi left on the stack, because it was killed (a reboot, `kill -9`).
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Whether the stack is locked, and only by processes that no longer live. */
export function isLockedByTheDead(stateFolder: string): boolean {
  const locks = globSync('.pulumi/locks/**/*.json', { cwd: stateFolder });
  return locks.length > 0 && !locks.some((file) => isAlive(pidIn(path.join(stateFolder, file))));
}

function pidIn(file: string): number {
  try {
    return Number(JSON.parse(readFileSync(file, 'utf8')).pid);
  } catch {
    return Number.NaN;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that the process lives and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
