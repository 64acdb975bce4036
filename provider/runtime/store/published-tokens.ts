// Administrator's tokens in `~/.weir`, one folder for each runtime of this user, where clients of the user look for them.
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { json } from '../../model/base/json.ts';
import { readOwnFile } from '../../model/base/private-file.ts';
import { isDataDirectoryInUse } from './directory-lock.ts';
import { writePrivateFile } from './private-file.ts';

/** Where the runtime of a token is, stored beside the token. It is the evidence by which the token may be removed. */
const placeSchema = z.object({ dataDirectory: z.string(), host: z.string() });
const PLACE_FILE = 'runtime.json';

type Place = z.infer<typeof placeSchema>;

interface PublishedToken {
  readonly runtimeId: string;
  /** `undefined` if the token was not stored by a runtime of this release. */
  readonly dataDirectory: string | undefined;
  /** Why the token is still there; `undefined` if it was removed. */
  readonly kept: string | undefined;
}

/** Writes the token to `~/.weir/RUNTIME-ID/token`. Throws if the home folder cannot be written. */
export function publishToken(runtimeId: string, token: string, dataDirectory: string): void {
  const root = rootFolder();
  const folder = join(root, runtimeId);
  for (const path of [root, folder]) makeFolder(path);
  writePrivateFile(join(folder, PLACE_FILE), `${JSON.stringify(placeOf(dataDirectory))}\n`);
  writePrivateFile(join(folder, 'token'), `${token}\n`);
  // The directory has one runtime. What an earlier one stored, whose data is gone, is of no use any more.
  for (const other of foldersIn(root)) {
    const folder = join(root, other);
    if (other !== runtimeId && isSamePlace(placeIn(folder).place, dataDirectory)) remove(folder);
  }
}

/** Removes the token of a runtime that ends, unless another runtime has stored one for the same id. */
export function withdrawToken(runtimeId: string, dataDirectory: string): void {
  const folder = join(rootFolder(), runtimeId);
  if (!isSamePlace(placeIn(folder).place, dataDirectory)) return;
  const fault = remove(folder);
  if (fault !== undefined) throw new Error(fault);
}

/**
 * Removes the tokens whose runtimes do not run. `all` includes those that were stored on other machines or do not say
 * where their runtime is.
 */
export function pruneTokens({ all }: { all: boolean }): PublishedToken[] {
  const root = rootFolder();
  return foldersIn(root).map((runtimeId) => {
    const folder = join(root, runtimeId);
    const { place, fault } = placeIn(folder);
    const kept = fault ?? reasonToKeep(place, all) ?? remove(folder);
    return { runtimeId, dataDirectory: place?.dataDirectory, kept };
  });
}

function reasonToKeep(place: Place | undefined, all: boolean): string | undefined {
  if (place === undefined) return all ? undefined : 'does not say where its runtime is';
  if (place.host !== hostname()) return all ? undefined : `its runtime is on ${place.host}`;
  try {
    return isDataDirectoryInUse(place.dataDirectory) ? 'its runtime runs' : undefined;
  } catch (error) {
    return `its data directory cannot be read: ${(error as Error).message}`;
  }
}

function rootFolder(): string {
  return join(homedir(), '.weir');
}

/** The names of what holds a token, or cannot be looked at. Whoever has the home folder may have put anything there. */
function foldersIn(root: string): string[] {
  const entries = statSync(root, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(root) : [];
  return entries.filter((name) => mayHoldToken(join(root, name))).sort();
}

function mayHoldToken(folder: string): boolean {
  try {
    return lstatSync(join(folder, 'token'), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function placeOf(dataDirectory: string): Place {
  return { dataDirectory, host: hostname() };
}

function isSamePlace(place: Place | undefined, dataDirectory: string): boolean {
  return place?.dataDirectory === dataDirectory && place.host === hostname();
}

/** Where the runtime of a folder is, if the folder says so, or the reason why nothing may be done with the folder. */
function placeIn(folder: string): { readonly place?: Place | undefined; readonly fault?: string } {
  try {
    if (!lstatSync(folder).isDirectory()) return { fault: 'it is not a folder' };
    if (!lstatSync(join(folder, 'token')).isFile()) return { fault: 'its token is not a file' };
    const text = readOwnFile(join(folder, PLACE_FILE), 'the file')?.toString('utf8') ?? '';
    return { place: placeSchema.safeParse(json(text)).data };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

/** Not recursive: a home folder that is not there is not made, and below /proc Node would try for ever. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Removes what a runtime has stored, and the folder if nothing else is in it. Returns why it could not. */
function remove(folder: string): string | undefined {
  try {
    rmSync(join(folder, 'token'), { force: true });
    rmSync(join(folder, PLACE_FILE), { force: true });
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
    return undefined;
  } catch (error) {
    return `it cannot be removed: ${(error as Error).message}`;
  }
}
