// Where the quick start keeps what it makes: one ignored folder at the root of the repository, which `down` removes.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export const FOLDER = path.join(ROOT, '.quickstart');

/** As messages name a file: from the root, where npm runs. */
export function shown(file: string): string {
  return path.relative(ROOT, file);
}
