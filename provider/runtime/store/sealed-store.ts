// A store that encrypts secrets before another store keeps them, and decrypts secrets on load.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isRecord } from '../../model/base/record.ts';
import { type Replace, replaceSecrets, replaceStateSecrets } from '../../model/base/secrets.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredObject, StoredToken } from '../stored/object.ts';
import type { KeyFile } from './key-file.ts';
import type { ReportBroken, Store } from './store.ts';

const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D section 8.2.2 allows 2^32 encryptions with random 96-bit nonces under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * An encrypted secret: nonce, ciphertext and tag in base64. Stored as an object, because a plain secret is always a
 * string.
 */
interface Sealed {
  readonly sealed: string;
}

export class SealedStore implements Store {
  readonly #store: Store;
  readonly #keyFile: KeyFile;

  constructor(store: Store, keyFile: KeyFile) {
    this.#store = store;
    this.#keyFile = keyFile;
  }

  /**
   * Loads the model. Throws an `Error` for the terminal if the key file is missing or opens none of the secrets. An
   * object whose secrets alone cannot be opened is reported.
   */
  async load(report?: ReportBroken): Promise<StoredModel> {
    // The key file is read first, so an unusable file fails the start instead of a later write of a secret.
    this.#keyFile.read();
    const model = await this.#store.load(report);
    const unopened: { readonly object: StoredObject; readonly error: Error }[] = [];
    let opened = 0;
    const objects = model.objects.flatMap((object) => {
      try {
        const plain = this.#mapped(object, this.#open);
        if (plain !== object) opened++;
        return [plain];
      } catch (error) {
        unopened.push({ object, error: error as Error });
        return [];
      }
    });
    for (const { object, error } of unopened) {
      if (report === undefined || opened === 0) throw error;
      const problem = `the key file ${this.#keyFile.path} does not open its secrets, although it opens others`;
      report({ name: `${object.kind}/${object.id}`, problem });
    }
    return { ...model, objects };
  }

  async commit(version: number, changes: readonly ObjectChange[], health?: HealthSave): Promise<void> {
    const sealed = changes.map((change) => ('put' in change ? { put: this.#mapped(change.put, this.#seal) } : change));
    await this.#store.commit(version, sealed, health);
  }

  async saveHealth(health: HealthSave): Promise<void> {
    await this.#store.saveHealth(health);
  }

  async addToken(token: StoredToken): Promise<void> {
    await this.#store.addToken(token);
  }

  async deleteToken(id: string): Promise<void> {
    await this.#store.deleteToken(id);
  }

  async probe(): Promise<void> {
    await this.#store.probe();
  }

  /** The copy has the secrets as they are stored. The key file is not part of it. */
  async backup(file: string, signal: AbortSignal): Promise<void> {
    await this.#store.backup(file, signal);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  #mapped(
    object: StoredObject,
    change: (value: unknown, place: Buffer, object: StoredObject) => unknown,
  ): StoredObject {
    const replaceIn =
      (part: string): Replace =>
      (name, value, path) => {
        // Authenticated data of the cipher, so that a sealed secret cannot be decrypted in another property.
        const place = Buffer.from(JSON.stringify([object.kind, object.id, part, ...path]));
        return [name, change(value, place, object)];
      };
    const properties = replaceSecrets(object.kind, object.properties, replaceIn('properties'));
    const state = replaceStateSecrets(object.state, replaceIn('state'));
    if (properties === object.properties && state === object.state) return object;
    return Object.freeze({ ...object, properties, state }) as StoredObject;
  }

  readonly #seal = (value: unknown, place: Buffer): Sealed => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keyFile.readOrCreate(), nonce).setAAD(place);
    const text = Buffer.concat([cipher.update(String(value), 'utf8'), cipher.final()]);
    return { sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64') };
  };

  readonly #open = (value: unknown, place: Buffer, { kind, id }: StoredObject): string => {
    const key = this.#keyFile.read();
    const { path } = this.#keyFile;
    const remedy = 'restore the key file of this data directory, or name its path with --key-file';
    if (key === undefined) throw new Error(`the data has secrets, but their key file ${path} is missing: ${remedy}`);
    try {
      if (!isSealed(value)) throw new Error('The stored secret is not sealed.');
      const bytes = Buffer.from(value.sealed, 'base64');
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(place).setAuthTag(bytes.subarray(-TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      const message = `the key file ${path} does not open the secrets of ${kind}/${id}, because it holds another key: ${remedy}`;
      throw new Error(message, { cause });
    }
  };
}

function isSealed(value: unknown): value is Sealed {
  return isRecord(value) && typeof value.sealed === 'string';
}
