// The tokens of a runtime: made, listed, revoked, and told apart when a call comes with one.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { WeirError } from '../../../model/base/errors.ts';
import { hasPassed } from '../../../model/objects/time.ts';
import { invalid } from '../../../model/objects/validate.ts';
import type { TokenProperties } from '../../../model/permissions/token.ts';
import type { Store } from '../../store/store.ts';
import type { StoredToken } from '../../stored/object.ts';
import { type Access, ADMINISTRATOR, TokenAccess } from './access.ts';

interface TokensOptions {
  readonly stored: readonly StoredToken[];
  readonly store: Store;
  /** Of the data directory; it may do everything. */
  readonly adminToken: string;
  readonly nowMs: () => number;
}

const ID_BYTES = 6;
const SECRET_BYTES = 32;
/** `weir_ID_SECRET`; the administrator's has no such id. */
const FORM = /^weir_([0-9a-f]{12})_([\w-]{43})$/;

export class Tokens {
  readonly #options: TokensOptions;
  /** Only its hash is kept. */
  readonly #adminHash: string;
  readonly #byId: Map<string, StoredToken>;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#adminHash = hashOf(options.adminToken);
    this.#byId = new Map(options.stored.map((token) => [token.id, token]));
  }

  /** Who it is that comes with this text. Throws Unauthenticated. */
  authenticate(text: string): Access {
    if (isSecret(text, this.#adminHash)) return ADMINISTRATOR;
    const [, id = '', secret = ''] = FORM.exec(text) ?? [];
    const token = this.#byId.get(id);
    if (token === undefined || !isSecret(secret, token.secretHash)) {
      throw new WeirError('Unauthenticated', 'The token is not one of this runtime, or was revoked.');
    }
    const { name, expiresAt } = token;
    const access = new TokenAccess(name, token.statements, () => this.#isLive(token));
    if (!access.isLive)
      throw new WeirError('Unauthenticated', `The token ${JSON.stringify(name)} expired at ${expiresAt}.`);
    return access;
  }

  /** In the order in which they were made, those that have expired too. */
  list(): StoredToken[] {
    return [...this.#byId.values()];
  }

  /** `text` is what a caller sends; nobody can be told it again. */
  async create(properties: TokenProperties): Promise<{ token: StoredToken; text: string }> {
    const nowMs = this.#options.nowMs();
    const { expiresAt } = properties;
    if (hasPassed(expiresAt, nowMs)) {
      throw invalid([{ path: 'expiresAt', message: 'must be in the future' }]);
    }
    const id = randomBytes(ID_BYTES).toString('hex');
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const token = Object.freeze({
      ...properties,
      id,
      secretHash: hashOf(secret),
      createdAt: new Date(nowMs).toISOString(),
    });
    await this.#options.store.addToken(token);
    this.#byId.set(id, token);
    return { token, text: `weir_${id}_${secret}` };
  }

  /** From here on nobody gets in with it, and what waits for a turn is refused. */
  async revoke(id: string): Promise<void> {
    if (!this.#byId.has(id))
      throw new WeirError('NotFound', `There is no token ${id}: \`weir token list\` shows the ids.`);
    await this.#options.store.deleteToken(id);
    this.#byId.delete(id);
  }

  #isLive({ id, expiresAt }: StoredToken): boolean {
    return this.#byId.has(id) && !hasPassed(expiresAt, this.#options.nowMs());
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** In constant time. */
function isSecret(text: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(hash));
}
