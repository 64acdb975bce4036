// Pulumi's lock on the stack, where the Pulumi that took it was killed (a reboot, `kill -9`) and left it behind.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Whether the stack is locked, and by none that lives. */
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
    // EPERM: it lives, as another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
