// The table of store tests: runs every test on each kind of store. A test does not depend on a particular kind.
import { join } from 'node:path';
import { test } from 'node:test';
import { KeyFile } from '../../../provider/runtime/store/key-file.ts';
import { SealedStore } from '../../../provider/runtime/store/sealed-store.ts';
import { SqliteStore } from '../../../provider/runtime/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../provider/runtime/store/store.ts';
import { temporaryDirectory } from '../runtime/runtime.ts';

/** Opens the store in a directory; each call opens another instance on the same data. */
type Open = (directory: string) => Store;

const sqlite: Open = (directory) => new SqliteStore(join(directory, 'weir.db'));

const STORES: Readonly<Record<string, Open>> = {
  sqlite,
  'sealed sqlite': (directory) => new SealedStore(sqlite(directory), new KeyFile(join(directory, 'master-key'))),
};

/**
 * Defines the test once for each kind of store. `row` is the test's body; its argument opens another instance of the
 * store on the same data. All instances are closed at the end of the test.
 */
export function testOnEachStore(rule: string, row: (open: () => Store) => Promise<void>): void {
  for (const [name, open] of Object.entries(STORES)) {
    test(`${name}: ${rule}`, async (t) => {
      const directory = temporaryDirectory(t);
      const opened = () => {
        const store = open(directory);
        t.after(() => store.close());
        return store;
      };
      await row(opened);
    });
  }
}
