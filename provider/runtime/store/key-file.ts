// The key file for stored secrets: 32 random bytes, created when the first secret is stored.
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

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
    const draft = `${this.path}.${randomBytes(4).toString('hex')}`;
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, randomBytes(KEY_BYTES));
      fsyncSync(file);
      // A hard link makes the key file appear whole, and fails if another runtime has just created a key file.
      linkSync(draft, this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      closeSync(file);
      rmSync(draft);
    }
    syncFolder(dirname(this.path));
    const key = this.read();
    if (key === undefined) throw new Error(`the key file ${this.path} was removed right after its creation`);
    return key;
  }
}

function readKey(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`the key file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const mode = fstatSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new Error(`the key file ${path} is open to other users (mode ${mode.toString(8)}): run chmod 600 on it`);
    }
    const key = readFileSync(file);
    if (key.length === KEY_BYTES) return key;
    throw new Error(`the key file ${path} is damaged: it has ${key.length} bytes instead of ${KEY_BYTES}`);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
