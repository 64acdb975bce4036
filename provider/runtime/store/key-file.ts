// The key under which secrets are stored: a file of 32 random bytes, made when the first secret is.
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

  /** Undefined: there is no such file. Throws an Error for the terminal where it cannot be used. */
  read(): Buffer | undefined {
    this.#key ??= readKey(this.path);
    return this.#key;
  }

  /** Durable when it returns: what is sealed with it may be stored. */
  readOrCreate(): Buffer {
    return this.read() ?? this.#create();
  }

  #create(): Buffer {
    const draft = `${this.path}.${randomBytes(4).toString('hex')}`;
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, randomBytes(KEY_BYTES));
      fsyncSync(file);
      // Whole or not at all; and never over a key that another runtime made in this moment.
      linkSync(draft, this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      closeSync(file);
      rmSync(draft);
    }
    syncFolder(dirname(this.path));
    const key = this.read();
    if (key === undefined) throw new Error(`the key file ${this.path} is gone in the moment in which it was made`);
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
      throw new Error(`the key file ${path} is open to others (mode ${mode.toString(8)}): chmod 600 it`);
    }
    const key = readFileSync(file);
    if (key.length === KEY_BYTES) return key;
    throw new Error(`the key file ${path} is damaged: it has ${key.length} bytes, a key has ${KEY_BYTES}`);
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
