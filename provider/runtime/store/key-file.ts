// The key file for stored secrets: 32 random bytes, created when the first secret is stored.
import { randomBytes } from 'node:crypto';
import { linkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { readPrivateFile } from '../../model/base/private-file.ts';
import { syncFolder } from '../../model/base/sync-folder.ts';
import { writeDraft } from './private-file.ts';

const KEY_BYTES = 32;

export class KeyFile {
  readonly path: string;
  #key: Buffer | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads the key. Throws an `Error` for the terminal if the file is unusable. Returns `undefined` without a file. */
  read(): Buffer | undefined {
    this.#key ??= readKey(this.path);
    return this.#key;
  }

  /** Returns the key, creating the file if needed. On return the key is durable, so sealed secrets may be stored. */
  readOrCreate(): Buffer {
    return this.read() ?? this.#create();
  }

  #create(): Buffer {
    const draft = writeDraft(this.path, randomBytes(KEY_BYTES));
    try {
      // A hard link makes the key file appear whole, and fails if another runtime has just created a key file.
      linkSync(draft, this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
    syncFolder(dirname(this.path));
    const key = this.read();
    if (key === undefined) throw new Error(`the key file ${this.path} was removed right after its creation`);
    return key;
  }
}

function readKey(path: string): Buffer | undefined {
  const key = readPrivateFile(path, 'the key file');
  if (key === undefined || key.length === KEY_BYTES) return key;
  throw new Error(`the key file ${path} is damaged: it has ${key.length} bytes instead of ${KEY_BYTES}`);
}
