// The cache of compiled code, with which `weir` starts in half the time. It lies in `node_modules/.cache` beside the code,
// so that only who can change the code can change the cache.
import { constants, createRequire, enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Wait after the start until new entries are written, which takes some 50 ms once after each release. */
const FLUSH_MS = 2_000;

/** Uses the cache, also in threads that start from now on. Without a folder that can be written, there is no cache. */
export function useCompileCache(): void {
  for (const folder of [besideCode(), ofUser()]) {
    // NODE_COMPILE_CACHE of the user comes first: then the cache is enabled already.
    const { status, directory } = enableCompileCache(folder);
    if (status === constants.compileCacheStatus.FAILED) continue;
    // Threads look for the variable alone. Their folder is that of this thread, which adds a folder for the release.
    if (status === constants.compileCacheStatus.ENABLED && directory !== undefined)
      process.env.NODE_COMPILE_CACHE = folder;
    return;
  }
}

/** Writes new entries soon, since a process that a signal ends does not write them. */
export function keepCompiledCode(): void {
  if (getCompileCacheDir() !== undefined) setTimeout(flushCompileCache, FLUSH_MS).unref();
}

/** The folder for caches of the `node_modules` that the package is in, or that its checkout has. */
function besideCode(): string {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('pulumi-weir/package.json'));
  const parent = dirname(packageFolder);
  return join(parent.endsWith('node_modules') ? parent : join(packageFolder, 'node_modules'), '.cache', 'weir');
}

function ofUser(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'weir', 'compiled');
}
