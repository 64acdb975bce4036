// A quick start in little memory: a cache of compiled code, and a heap that is rid of what only the start needed.
import { constants, enableCompileCache, findPackageJSON, flushCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Wait after the start until new entries are written, which takes some 50 ms once after each release. */
const FLUSH_MS = 2_000;
/** Wait after the start until its memory is given back. */
const RELEASE_MS = 500;

/**
 * Uses the cache of compiled code, with which `weir` starts in half the time, also in threads that start from now on.
 * Without a folder that can be written, there is no cache. The first choice lies beside the code, so that only who can
 * change the code can change the cache.
 */
export function useCompileCache(): void {
  for (const folder of [besideCode(), ofUser()]) {
    // NODE_COMPILE_CACHE of the user comes first: then the cache is enabled already.
    const { status } = enableCompileCache(folder);
    if (status === constants.compileCacheStatus.FAILED) continue;
    // Threads look at the variable alone.
    if (status === constants.compileCacheStatus.ENABLED) process.env.NODE_COMPILE_CACHE = folder;
    return;
  }
}

/** Writes new entries of the cache soon, because a process that a signal ends does not write them. */
export function writeCompiledCode(): void {
  if (getCompileCacheDir() !== undefined) setTimeout(flushCompileCache, FLUSH_MS).unref();
}

/**
 * Gives the memory back soon that only the start needed, which takes this thread some 20 ms. V8 itself would keep the
 * memory, because it collects garbage only when the heap grows.
 */
export function releaseStartMemory(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc');
    const collect: (options: object) => void = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }, RELEASE_MS).unref();
}

/** The folder for caches of the `node_modules` that the package is in, or that its checkout has. */
function besideCode(): string {
  const packageFolder = dirname(findPackageJSON('.', import.meta.url) ?? import.meta.filename);
  const parent = dirname(packageFolder);
  return join(parent.endsWith('node_modules') ? parent : join(packageFolder, 'node_modules'), '.cache', 'weir');
}

function ofUser(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'weir', 'compiled');
}
