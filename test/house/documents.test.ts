// The documents that are made from the code say what the code says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DOCUMENTS } from '../harness/documents/documents.ts';
import { ROOT } from '../harness/machine/tree.ts';

for (const [file, make] of Object.entries(DOCUMENTS)) {
  test(`${file} is as \`npm run documents\` writes it`, async () => {
    assert.equal(readFileSync(join(ROOT, file), 'utf8'), await make());
  });
}
