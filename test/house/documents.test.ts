// Generated documents are up to date with the code.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DOCUMENTS } from '../harness/documents/documents.ts';
import { ROOT } from '../harness/machine/tree.ts';

for (const [file, make] of Object.entries(DOCUMENTS)) {
  test(`${file} is up to date: \`npm run documents\` would write the same text`, async () => {
    assert.equal(readFileSync(join(ROOT, file), 'utf8'), await make());
  });
}
