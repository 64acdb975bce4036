// When the quick start takes Pulumi's lock away.
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

it('is taken away where the Pulumi that took it is gone', (t) => {
  assert.equal(isLockedByTheDead(stateFolder(t, [dead])), true);
});

it('is left where one of its holders lives', (t) => {
  assert.equal(isLockedByTheDead(stateFolder(t, [dead, process.pid])), false);
});

it('is not there in a folder without locks, or that does not exist', (t) => {
  assert.equal(isLockedByTheDead(stateFolder(t, [])), false);
  assert.equal(isLockedByTheDead('/nonexistent'), false);
});
