// What a connection has to show before it carries a token: the runtime's id, and a proof that the runtime knows the token.
import { ERRORS } from '../model/base/errors.ts';
import {
  CHALLENGE_HEADER,
  type Challenge,
  challengeText,
  isSameCode,
  newChallenge,
  PROOF_HEADER,
  parseProof,
  proofCode,
  tokenParts,
} from '../model/permissions/proof.ts';
import { RuntimeConnection } from './connection.ts';
import { failureOf, notAWeirRuntime, notProven, relayed, tokenMissing } from './failure.ts';
import type { HttpResponse } from './request.ts';
import { RUNTIME_ID_FORM, type Settings, type Token } from './settings.ts';

/** Statuses with which a runtime refuses the question which runtime it is. */
const REFUSALS: readonly number[] = [ERRORS.SystemBusy.status, ERRORS.Misdirected.status];
/** Limit for the response of an endpoint that has proven nothing yet. */
const MAX_GREETING_BYTES = 16 * 1024;

interface Greeting {
  readonly runtimeId: string;
  readonly challenge: Challenge;
  /** The text of the proof, if the response had one. */
  readonly proof: string;
}

/** A connection whose other end has said which runtime it is. */
export class AdmittedConnection {
  readonly connection: RuntimeConnection;
  readonly #settings: Settings;
  #greeting: Greeting;
  /** The token for which the other end has given its proof on this connection. */
  #proven: string | undefined;

  /**
   * Connects and asks for the runtime's id. The same request asks for the proof, so that this costs one round trip: of
   * the configured token, or of the administrator's token, which is the one below `~/.weir`.
   */
  static async open(settings: Settings, timeoutMs: number): Promise<AdmittedConnection> {
    const connection = new RuntimeConnection(settings.endpoint, settings.ca);
    const tokenId = settings.token && tokenParts(settings.token.value).id;
    try {
      return new AdmittedConnection(settings, connection, await greet(settings, connection, tokenId, timeoutMs));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private constructor(settings: Settings, connection: RuntimeConnection, greeting: Greeting) {
    this.#settings = settings;
    this.connection = connection;
    this.#greeting = greeting;
  }

  get runtimeId(): string {
    return this.#greeting.runtimeId;
  }

  /**
   * The headers with which a request may be sent on this connection. Rejects if the other end has no certificate that
   * was verified and does not prove that it knows the token. Without a token it would refuse the request, therefore
   * nothing is sent to it then.
   */
  async authorize(token: Token | undefined, timeoutMs: number): Promise<Readonly<Record<string, string>>> {
    const runtime = { 'X-Weir-Runtime': this.runtimeId };
    if (token === undefined) {
      if (this.connection.isVerified) return runtime;
      throw tokenMissing(this.#settings);
    }
    if (!this.connection.isVerified && this.#proven !== token.value) await this.#demandProof(token, timeoutMs);
    return { ...runtime, Authorization: `Bearer ${token.value}` };
  }

  async #demandProof(token: Token, timeoutMs: number): Promise<void> {
    const { id, secretHash } = tokenParts(token.value);
    if (id !== this.#greeting.challenge.tokenId) {
      this.#greeting = await greet(this.#settings, this.connection, id, timeoutMs);
    }
    const { runtimeId, challenge, proof } = this.#greeting;
    const given = parseProof(proof);
    const isGenuine = given && isSameCode(given.code, proofCode(secretHash, { ...challenge, ...given, runtimeId }));
    if (given === undefined || !isGenuine) throw notProven(this.#settings, token);
    const { ends } = this.connection;
    if (given.client !== ends?.client || given.server !== ends.server) throw relayed(this.#settings, given, ends);
    this.#proven = token.value;
  }
}

async function greet(
  settings: Settings,
  connection: RuntimeConnection,
  tokenId: string | undefined,
  timeoutMs: number,
): Promise<Greeting> {
  const challenge = newChallenge(tokenId);
  const response = await connection.send({
    url: urlOf(settings, 'healthz'),
    method: 'GET',
    headers: { [CHALLENGE_HEADER]: challengeText(challenge) },
    timeoutMs,
    maxBytes: MAX_GREETING_BYTES,
  });
  const runtimeId = runtimeIdOf(response);
  // The runtime stops, or does not know the name under which it is called.
  if (runtimeId !== undefined && REFUSALS.includes(response.status)) throw failureOf(settings, response, undefined);
  // Under a wrong path, a runtime responds with 404 to everything. Its objects would then seem to be gone.
  if (runtimeId === undefined || response.status !== 200) throw notAWeirRuntime(settings, response);
  const proof = response.headers[PROOF_HEADER];
  return { runtimeId, challenge, proof: typeof proof === 'string' ? proof : '' };
}

/**
 * The id of the runtime that responded. Returns `undefined` if the header has none, or has something else, because
 * messages show the id as part of a command to copy.
 */
export function runtimeIdOf({ headers }: HttpResponse): string | undefined {
  const id = headers['x-weir-runtime'];
  return typeof id === 'string' && RUNTIME_ID_FORM.test(id) ? id : undefined;
}

export function urlOf({ endpoint }: Settings, path: string): URL {
  return new URL(`${endpointText(endpoint)}/${path}`);
}

export function endpointText({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/$/, '')}`;
}
