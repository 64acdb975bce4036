// How the set-up calls npm: npm's file, and the environment for it.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './progress.mjs';
import { findCommand, prepend } from './search-path.mjs';

/**
 * Returns npm's file, and the environment in which npm acts on its own folder only. Throws if there is no npm.
 * @param {string[]} [folders] put before PATH: npm is a script and runs with the Node that it finds there
 * @returns {{ file: string, env: NodeJS.ProcessEnv }}
 */
export function npmCommand(folders = []) {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PATH: prepend(folders, process.env.PATH) };
  // An outer npm, such as `npm test`, describes its own package in the environment. These variables are removed,
  // because the npm that is called now must only look at its own folder.
  for (const name of Object.keys(env)) {
    if (name === 'npm_config_local_prefix' || name.startsWith('npm_package_') || name.startsWith('npm_lifecycle_')) {
      delete env[name];
    }
  }
  const beside = path.join(path.dirname(process.execPath), 'npm');
  const file = findCommand('npm', process.env.PATH) ?? (existsSync(beside) ? beside : undefined);
  if (!file) {
    throw new SetupError(
      'npm was not found on PATH. It comes with Node: https://nodejs.org/ (Debian: the npm package).',
    );
  }
  return { file, env };
}
