// The tokens of a runtime: created, listed and revoked by the administrator, and authenticated with each request.
import { randomBytes } from 'node:crypto';
import { WeirError } from '../../../model/base/errors.ts';
import { hasPassed } from '../../../model/objects/time.ts';
import { invalid } from '../../../model/objects/validate.ts';
import {
  type Challenge,
  type Ends,
  isSameCode,
  proofCode,
  proofText,
  secretHashOf,
  tokenParts,
} from '../../../model/permissions/proof.ts';
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

export class Tokens {
  readonly #options: TokensOptions;
  /** SHA-256 of the administrator's token. The token itself is not kept in memory. */
  readonly #adminHash: string;
  /** The key of proofs for unknown tokens, so that nobody can tell from a proof whether a token exists. */
  readonly #unknownHash = secretHashOf(randomBytes(SECRET_BYTES).toString('hex'));
  readonly #byId: Map<string, StoredToken>;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#adminHash = secretHashOf(options.adminToken);
    this.#byId = new Map(options.stored.map((token) => [token.id, token]));
  }

  /** The access of a caller with this token. Throws `Unauthenticated` if the token is unknown, revoked or expired. */
  authenticate(text: string): Access {
    const { id, secretHash } = tokenParts(text);
    if (id === undefined && isSameCode(secretHash, this.#adminHash)) return ADMINISTRATOR;
    const token = id === undefined ? undefined : this.#byId.get(id);
    if (token === undefined || !isSameCode(secretHash, token.secretHash)) {
      throw new WeirError('Unauthenticated', 'This runtime does not know the token, or the token was revoked.');
    }
    const { name, expiresAt } = token;
    const access = new TokenAccess(token, () => this.#isLive(token));
    if (!access.isLive)
      throw new WeirError('Unauthenticated', `The token ${JSON.stringify(name)} expired at ${expiresAt}.`);
    return access;
  }

  /**
   * The proof that this runtime knows the token that the challenge names, for the connection on which it was sent. An
   * expired token is proven too, because the response to its request says when it expired.
   */
  prove({ nonce, tokenId }: Challenge, runtimeId: string, ends: Ends): string {
    const known = tokenId === undefined ? this.#adminHash : this.#byId.get(tokenId)?.secretHash;
    return proofText({ code: proofCode(known ?? this.#unknownHash, { nonce, runtimeId, ...ends }), ...ends });
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
      secretHash: secretHashOf(secret),
      createdAt: new Date(nowMs).toISOString(),
    });
    await this.#options.store.addToken(token);
    this.#byId.set(id, token);
    return { token, text: `weir_${id}_${secret}` };
  }

  /** Revokes a token. Requests with the token fail from now on, including writes that are still queued. */
  async revoke(id: string): Promise<StoredToken> {
    const token = this.#byId.get(id);
    if (token === undefined)
      throw new WeirError('NotFound', `There is no token ${id}: \`weir token list\` shows the ids.`);
    await this.#options.store.deleteToken(id);
    this.#byId.delete(id);
    return token;
  }

  #isLive({ id, expiresAt }: StoredToken): boolean {
    return this.#byId.has(id) && !hasPassed(expiresAt, this.#options.nowMs());
  }
}
