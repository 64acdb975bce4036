// What a runtime's threads load at their start.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const ENTRIES = ['cli/commands/serve.ts', 'runtime/embedded/worker/served-state.ts'];

test('neither the command `serve` nor a worker loads the client of `fetch` at its start', () => {
  const urls = ENTRIES.map((entry) => new URL(`../../../../provider/${entry}`, import.meta.url).href);
  const script = `for (const url of ${JSON.stringify(urls)}) await import(url); console.log(process.moduleLoadList.join())`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.match(loaded, /NativeModule http\b/);
  assert.doesNotMatch(loaded, /undici/);
});
