// Downloads the official release of the Pulumi CLI and takes the wanted programs out of it.

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { download } from './download.mjs';
import { exec } from './exec.mjs';
import { SetupError, step } from './progress.mjs';

const RELEASES = 'https://get.pulumi.com/releases/sdk';

/**
 * Downloads the release and verifies it against the SHA-256 list that Pulumi publishes beside it. That guards against a
 * broken or stale download, but not against somebody who controls the host. The checksums are not pinned here, because
 * the release could not be downloaded where this was written.
 * @param {string} version
 * @param {string[]} programs
 * @param {string} bin the folder to put them in
 */
export async function downloadRelease(version, programs, bin) {
  const name = `pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;
  const temporary = path.join(bin, 'release.tmp');
  await step(`downloading the Pulumi CLI ${version}`, async (update) => {
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    try {
      const list = path.join(temporary, 'checksums.txt');
      await download(`${RELEASES}/pulumi-${version}-checksums.txt`, list);
      const wanted = checksumOf(name, readFileSync(list, 'utf8'));
      if (!wanted) throw new SetupError(`there is no release for ${process.platform} on ${process.arch}`);
      const archive = path.join(temporary, name);
      await download(`${RELEASES}/${name}`, archive, (received, total) => update(megabytes(received, total)));
      const actual = createHash('sha256').update(readFileSync(archive)).digest('hex');
      if (actual !== wanted) throw new SetupError(`${name} has the checksum ${actual}, not the published ${wanted}`);
      await exec('tar', ['-xzf', archive, '-C', temporary]);
      for (const program of programs) {
        const fresh = path.join(temporary, 'pulumi', program);
        chmodSync(fresh, 0o755);
        renameSync(fresh, path.join(bin, program));
      }
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
}

/**
 * The checksum of a file in a list as sha256sum writes it, with `<hex>  <file>` in each line. Returns `undefined` if
 * the list does not name the file.
 * @param {string} name
 * @param {string} list
 */
export function checksumOf(name, list) {
  for (const line of list.split('\n')) {
    const [, sum, file] = /^([0-9a-f]{64}) [ *](.+?)\r?$/.exec(line) ?? [];
    if (file === name) return sum;
  }
  return undefined;
}

/**
 * The progress of a download in megabytes, such as "3.0 of 40.1 MB".
 * @param {number} received
 * @param {number | undefined} total
 */
function megabytes(received, total) {
  const show = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
  return total ? `${show(received)} of ${show(total)} MB` : `${show(received)} MB`;
}
