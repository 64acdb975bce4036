// The stores that the table of store tests runs over: its rows know nothing of any of them, and run on each.
import { join } from 'node:path';
import { test } from 'node:test';
import { KeyFile } from '../../../provider/runtime/store/key-file.ts';
import { SealedStore } from '../../../provider/runtime/store/sealed-store.ts';
import { SqliteStore } from '../../../provider/runtime/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../provider/runtime/store/store.ts';
import { temporaryDirectory } from '../runtime/runtime.ts';

/** Opens the store of a directory, as often as it is called. */
type Open = (directory: string) => Store;

const sqlite: Open = (directory) => new SqliteStore(join(directory, 'weir.db'));

const STORES: Readonly<Record<string, Open>> = {
  sqlite,
  'sealed sqlite': (directory) => new SealedStore(sqlite(directory), new KeyFile(join(directory, 'master-key'))),
};

/** `row` is given what opens another store on the same data each time; each is closed with the test. */
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
