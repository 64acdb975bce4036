// The proof that an endpoint knows a token, which a client demands on each connection before it sends the token there.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { plainAddress } from '../base/plain-address.ts';
import { targetKey } from '../base/target-key.ts';

/** Request header of `/healthz`: a nonce of the client and, unless it asks for the administrator's token, a token id. */
export const CHALLENGE_HEADER = 'x-weir-challenge';
/** Response header of `/healthz`: the proof, and the two ends of the connection as the runtime sees them. */
export const PROOF_HEADER = 'x-weir-proof';

/** The form `weir_ID_SECRET` of a created token. The administrator's token has no id. */
const CREATED_TOKEN = /^weir_([0-9a-f]{12})_([\w-]{43})$/;
const NONCE_BYTES = 32;
export const CHALLENGE_FORM = /^([\w-]{43})(?: ([0-9a-f]{12}))?$/;
const PROOF_FORM = /^([0-9a-f]{64}) (\S+) (\S+)$/;

/** A token's name and the hash that the runtime stores of it. */
interface TokenParts {
  /** `undefined` for the administrator's token. */
  readonly id: string | undefined;
  /** SHA-256 of the secret part, in hexadecimal. */
  readonly secretHash: string;
}

export interface Challenge {
  readonly nonce: string;
  /** The id of the token that is to be proven; `undefined` for the administrator's token. */
  readonly tokenId: string | undefined;
}

/** The two ends of a connection, each as address and port. */
export interface Ends {
  readonly client: string;
  readonly server: string;
}

interface ProofSubject extends Ends {
  readonly nonce: string;
  readonly runtimeId: string;
}

export interface Proof extends Ends {
  readonly code: string;
}

export function tokenParts(text: string): TokenParts {
  const [, id, secret] = CREATED_TOKEN.exec(text) ?? [];
  return { id, secretHash: secretHashOf(secret ?? text) };
}

export function secretHashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function newChallenge(tokenId: string | undefined): Challenge {
  return { nonce: randomBytes(NONCE_BYTES).toString('base64url'), tokenId };
}

export function challengeText({ nonce, tokenId }: Challenge): string {
  return tokenId === undefined ? nonce : `${nonce} ${tokenId}`;
}

/** Returns `undefined` if the text is not a challenge. */
export function parseChallenge(text: string): Challenge | undefined {
  const [, nonce, tokenId] = CHALLENGE_FORM.exec(text) ?? [];
  return nonce === undefined ? undefined : { nonce, tokenId };
}

/**
 * The proof's code. The key is the stored hash of the token, which only the runtime and the owners of the token know.
 * The two ends of the connection are part of the message: whoever passes a challenge on to the runtime has another
 * connection to it than the client has to him, and gets a code that the client does not accept.
 */
export function proofCode(secretHash: string, { nonce, runtimeId, client, server }: ProofSubject): string {
  const message = ['weir proof 1', runtimeId, client, server, nonce].join('\n');
  return createHmac('sha256', Buffer.from(secretHash, 'hex')).update(message).digest('hex');
}

export function proofText({ code, client, server }: Proof): string {
  return `${code} ${client} ${server}`;
}

/** Returns `undefined` if the text is not a proof. */
export function parseProof(text: string): Proof | undefined {
  const [, code, client, server] = PROOF_FORM.exec(text) ?? [];
  return code === undefined || client === undefined || server === undefined ? undefined : { code, client, server };
}

/** One end of a connection. Both sides write it in the same way: an IPv4 address that is mapped into IPv6 as IPv4. */
export function endOf(address = '', port = 0): string {
  return targetKey(plainAddress(address), port);
}

/** Compares two hexadecimal texts of the same length in constant time. */
export function isSameCode(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
