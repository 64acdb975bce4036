// The folder of the quick start's files, at the root of the repository: Git ignores it, and `down` removes it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export const FOLDER = path.join(ROOT, '.quickstart');

/** The path of a file for messages: relative to the repository's root, where npm runs. */
export function shown(file: string): string {
  return path.relative(ROOT, file);
}
