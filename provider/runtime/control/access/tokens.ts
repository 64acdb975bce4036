// The tokens of a runtime: created, listed and revoked by the administrator, and authenticated with each request.
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
  /** The administrator's token, which permits everything, as read from the data directory. */
  readonly adminToken: string;
  readonly nowMs: () => number;
}

const ID_BYTES = 6;
const SECRET_BYTES = 32;
/** The form `weir_ID_SECRET` of a created token. The administrator's token has no id. */
const FORM = /^weir_([0-9a-f]{12})_([\w-]{43})$/;

export class Tokens {
  readonly #options: TokensOptions;
  /** SHA-256 of the administrator's token. The token itself is not kept in memory. */
  readonly #adminHash: string;
  readonly #byId: Map<string, StoredToken>;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#adminHash = hashOf(options.adminToken);
    this.#byId = new Map(options.stored.map((token) => [token.id, token]));
  }

  /** The access of a caller with this token. Throws `Unauthenticated` if the token is unknown, revoked or expired. */
  authenticate(text: string): Access {
    if (isSecret(text, this.#adminHash)) return ADMINISTRATOR;
    const [, id = '', secret = ''] = FORM.exec(text) ?? [];
    const token = this.#byId.get(id);
    if (token === undefined || !isSecret(secret, token.secretHash)) {
      throw new WeirError('Unauthenticated', 'This runtime does not know the token, or the token was revoked.');
    }
    const { name, expiresAt } = token;
    const access = new TokenAccess(token, () => this.#isLive(token));
    if (!access.isLive)
      throw new WeirError('Unauthenticated', `The token ${JSON.stringify(name)} expired at ${expiresAt}.`);
    return access;
  }

  /** All tokens, including expired tokens, in order of creation. */
  list(): StoredToken[] {
    return [...this.#byId.values()];
  }

  /** Creates a token. `text` is the bearer token of requests, of which the runtime keeps only a hash. */
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

  /** Revokes a token. Requests with the token fail from now on, including writes that are still queued. */
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

/** Compares a secret with a hash in constant time. */
function isSecret(text: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(hash));
}
