// Locks of Pulumi that the quick start removes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it, type TestContext } from 'node:test';
import { isLockedByTheDead } from '../../../.toolchain/demo/stale-lock.ts';

const dead = spawnSync(process.execPath, ['--version']).pid;

function stateFolder(t: TestContext, holders: readonly number[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const locks = path.join(folder, '.pulumi/locks/organization/weir-quickstart/dev');
  mkdirSync(locks, { recursive: true });
  holders.forEach((pid, index) => {
    writeFileSync(path.join(locks, `${index}.json`), JSON.stringify({ pid }));
  });
  return folder;
}

it('is removed if the Pulumi that took it is gone', (t) => {
  assert.equal(isLockedByTheDead(stateFolder(t, [dead])), true);
});

it('is kept if one of its holders lives', (t) => {
  assert.equal(isLockedByTheDead(stateFolder(t, [dead, process.pid])), false);
});

it('does not exist in a folder without locks, or in one that does not exist', (t) => {
  assert.equal(isLockedByTheDead(stateFolder(t, [])), false);
  assert.equal(isLockedByTheDead('/nonexistent'), false);
});
