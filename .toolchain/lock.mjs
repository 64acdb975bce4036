// A lock file between processes: one does the work, the others wait and show what they wait for.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { step } from './progress.mjs';

const POLL_MS = 200;
/** Taking a lock over is two file operations; whoever has been at it for this long died between them. */
const TAKEOVER_MS = 10_000;

/** @type {Set<string>} */
const held = new Set();

/**
 * Runs the work while no other process holds the lock file.
 * @template T
 * @param {string} file
 * @param {string} purpose shown to those who wait: "the Pulumi CLI"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, purpose, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  const holder = tryLock(file);
  if (holder !== undefined) {
    await step(`waiting for process ${holder}, which prepares ${purpose} (lock ${file})`, async () => {
      while (tryLock(file) !== undefined) await delay(POLL_MS);
    });
  }
  try {
    return await work();
  } finally {
    release(file);
  }
}

/** Gives back what this process holds; for the way out by a signal, which runs no `finally`. */
export function releaseAll() {
  for (const file of held) release(file);
}

/**
 * @param {string} file
 * @returns {number | 'unknown' | undefined} undefined: we hold the lock now; else who holds it
 */
export function tryLock(file) {
  if (acquire(file)) return undefined;
  const holder = readHolder(file);
  if (holder !== undefined && isAlive(holder)) return holder;
  removeStale(file);
  return acquire(file) ? undefined : (readHolder(file) ?? 'unknown');
}

/** @param {string} file */
function acquire(file) {
  const isOurs = create(file);
  if (isOurs) held.add(file);
  return isOurs;
}

/** @param {string} file */
function release(file) {
  held.delete(file);
  rmSync(file, { force: true });
}

/**
 * Removes a dead process's lock. Two that find it dead at once must not both remove: the slower one would remove the
 * lock that the faster one has made meanwhile. So the look and the removal happen under a second lock.
 * @param {string} file
 */
function removeStale(file) {
  const guard = `${file}.takeover`;
  if (!create(guard)) {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > TAKEOVER_MS) rmSync(guard, { force: true });
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder === undefined ? isAbandoned(file) : !isAlive(holder)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** @param {string} file */
function create(file) {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {number | undefined} undefined if the file is gone or not written yet
 */
function readHolder(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A lock without a pid is one whose maker is about to write it, or died before.
 * @param {string} file
 */
function isAbandoned(file) {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > TAKEOVER_MS;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
