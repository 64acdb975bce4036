// The list of checksums that a release publishes, and how the checksum of a file is read from it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumOf } from '../../.toolchain/release.mjs';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

test('a checksum belongs to exactly the requested file', () => {
  const list = `${a}  pulumi-v3.250.0-linux-x64.tar.gz\n${b} *pulumi-v3.250.0-linux-arm64.tar.gz\r\n`;
  assert.equal(checksumOf('pulumi-v3.250.0-linux-x64.tar.gz', list), a);
  assert.equal(checksumOf('pulumi-v3.250.0-linux-arm64.tar.gz', list), b);
  assert.equal(checksumOf('pulumi-v3.250.0-linux', list), undefined);
  assert.equal(checksumOf('linux-x64.tar.gz', list), undefined);
});

test('a text that is not a list of checksums gives none', () => {
  assert.equal(checksumOf('file', '<html>404</html>'), undefined);
  assert.equal(checksumOf('file', `${a.slice(1)}  file`), undefined);
});
