// The command `npm run documents`, which writes the documents that are generated from the code.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENTS } from './harness/documents/documents.ts';
import { ROOT } from './harness/machine/tree.ts';

for (const [file, make] of Object.entries(DOCUMENTS)) {
  writeFileSync(join(ROOT, file), await make());
  console.log(file);
}
