// The user's cache folder for what the set-up installs, which all checkouts share.

import os from 'node:os';
import path from 'node:path';

/**
 * Returns the cache folder: the one that WEIR_CACHE names, else the platform's usual place.
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} [platform]
 * @param {string} [home]
 * @returns {string} an absolute path; the folder need not exist
 */
export function cacheFolder(env, platform = process.platform, home = os.homedir()) {
  if (env.WEIR_CACHE) return path.resolve(env.WEIR_CACHE);
  // A relative XDG_CACHE_HOME is invalid by the XDG specification and must be ignored.
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)) return path.join(env.XDG_CACHE_HOME, 'weir');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'weir');
  return path.join(home, '.cache', 'weir');
}
