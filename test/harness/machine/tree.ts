// A copy of this checkout with its installed packages, for tests that would change the checkout itself.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../runtime/runtime.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Copies every file that git tracks or would track, and links `node_modules`. */
export function copyTree(t: Pick<TestContext, 'after'>): string {
  const copy = temporaryDirectory(t);
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
