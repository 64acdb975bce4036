// Asks an installed program for its version, and keeps the result until the file changes.

import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.mjs';
import { SetupError } from './progress.mjs';

/**
 * Returns what a program prints about its version. The result is kept in the cache until the program's file changes.
 * @param {string} file
 * @param {string[]} args
 * @param {string} cache
 * @returns {Promise<string | undefined>} `undefined` if the program fails
 */
export async function probeVersion(file, args, cache) {
  const resultsFile = path.join(cache, 'probes.json');
  const { size, mtimeMs } = statSync(file);
  const key = `${realpathSync(file)} ${size} ${mtimeMs}`;
  const known = readResults(resultsFile);
  if (known[key] !== undefined) return known[key];
  try {
    // The program is called without its check for updates, which may wait for the network.
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
    const version = (await exec(file, args, { env })).trim();
    mkdirSync(cache, { recursive: true });
    const temporary = `${resultsFile}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify({ ...known, [key]: version }));
    renameSync(temporary, resultsFile);
    return version;
  } catch (error) {
    if (error instanceof SetupError) return undefined;
    throw error;
  }
}

/**
 * Reads the versions that earlier runs have stored. Returns an empty record if the file cannot be read.
 * @param {string} file
 * @returns {Record<string, string>}
 */
function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
