// A lock file between processes: one process works, and the others wait and show what they wait for.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { step } from './progress.mjs';

const POLL_MS = 200;
/**
 * Removing a dead process's lock is two file operations. A process that has taken this long for them has died between
 * them.
 */
const TAKEOVER_MS = 10_000;

/** @type {Set<string>} */
const held = new Set();

/**
 * Runs the work while no other process holds the lock file.
 * @template T
 * @param {string} file
 * @param {string} purpose shown to waiting processes: "the Pulumi CLI"
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

/** Releases every lock of this process. An exit by a signal needs this, because it runs no `finally`. */
export function releaseAll() {
  for (const file of held) release(file);
}

/**
 * Takes the lock if it is free or its holder has died.
 * @param {string} file
 * @returns {number | 'unknown' | undefined} `undefined` if this process now holds the lock, else the pid of the holder
 */
export function tryLock(file) {
  if (acquire(file)) return undefined;
  const holder = readHolder(file);
  if (holder !== undefined && isAlive(holder)) return holder;
  removeStale(file);
  return acquire(file) ? undefined : (readHolder(file) ?? 'unknown');
}

/**
 * Creates the lock file and counts it among the locks of this process. Returns false if the file exists.
 * @param {string} file
 */
function acquire(file) {
  const isOurs = create(file);
  if (isOurs) held.add(file);
  return isOurs;
}

/**
 * Removes a lock file that this process made.
 * @param {string} file
 */
function release(file) {
  held.delete(file);
  rmSync(file, { force: true });
}

/**
 * Removes the lock of a dead process. If two processes find the lock dead at once, the slower one must not remove the
 * lock that the faster one has made meanwhile. Therefore the check and the removal happen under a second lock.
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

/**
 * Creates a lock file that contains the pid of this process. Returns false if the file exists.
 * @param {string} file
 */
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
 * Reads the pid of the process that holds the lock.
 * @param {string} file
 * @returns {number | undefined} `undefined` if the lock file is gone or not written yet
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
 * Whether a lock without a pid is abandoned: its maker has not written the pid for so long that it must have died.
 * @param {string} file
 */
function isAbandoned(file) {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > TAKEOVER_MS;
}

/**
 * Whether a process with the pid lives.
 * @param {number} pid
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that the process lives and belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
