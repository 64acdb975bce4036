// The typed client of the runtime's API, which first checks that the endpoint is the expected runtime.
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { ApiEvent } from '../model/api/events.ts';
import { type ApiObject, apiObject, pageOf } from '../model/api/objects.ts';
import type { StatusResponse } from '../model/api/status.ts';
import type { CreatedToken, TokenList } from '../model/api/tokens.ts';
import { ERRORS, WeirError } from '../model/base/errors.ts';
import type { Kind } from '../model/base/kinds.ts';
import { HANDOVER_SECONDS, toMs } from '../model/objects/seconds.ts';
import type { TokenProperties } from '../model/permissions/token.ts';
import { eventData } from './event-stream.ts';
import { failureOf, isLost, isRedirect, notAWeirRuntime, otherRuntime, unreachable } from './failure.ts';
import { read } from './reading.ts';
import { type HttpResponse, openStream, type Send, sender } from './request.ts';
import { type Settings, type Token, tokenFor } from './settings.ts';

/**
 * Limit for the first request: a dead endpoint, even one that drops packets, must fail a `pulumi up` within 10 s, of
 * which Pulumi itself takes 5 to 6 s.
 */
const PREFLIGHT_TIMEOUT_MS = 3_000;

/**
 * Time for which the runtime waits for first checks of targets before it responds to a write, unless the object sets
 * another.
 */
const FIRST_CHECKS_MS = toMs(HANDOVER_SECONDS);

/** Time in which the data planes of a busy machine acknowledge a write, beyond its waits for checks and health. */
const MARGIN_MS = 30_000;

/**
 * Pauses before a request is sent again, after a lost connection or if the runtime asks for it. Such requests are
 * idempotent.
 */
const REPEAT_AFTER_MS = [200, 1_000];

/** Limit for the pages of one list, so that an endpoint cannot go on with one for ever. */
const MAX_PAGES = 2_000;

const apiObjectPage = pageOf(apiObject);

/** An object with the ETag that it was read with, for a write that must not overwrite another client's write. */
type TaggedObject = ApiObject & { readonly etag: string | undefined };

export interface Call {
  readonly kind: Kind;
  readonly id: string;
  /** The id of the runtime that the state names. `undefined` if there is no state yet. */
  readonly expectedRuntime: string | undefined;
}

interface EventReader {
  /** Called when the event stream is open. Every later event is reported. */
  opened(): void;
  happened(event: ApiEvent): void;
}

export class RuntimeClient {
  readonly #settings: Settings;
  readonly #send: Send;
  #runtimeId: Promise<string> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#send = sender(settings.ca);
  }

  get endpoint(): string {
    const { origin, pathname } = this.#settings.endpoint;
    return `${origin}${pathname.replace(/\/$/, '')}`;
  }

  get acceptRuntime(): string | undefined {
    return this.#settings.acceptRuntime;
  }

  /** The id of the runtime at the endpoint. The client asks for the id once, and keeps even a failure. */
  runtimeId(): Promise<string> {
    this.#runtimeId ??= this.#preflight();
    return this.#runtimeId;
  }

  /**
   * Creates or updates an object. `waitMs` is the time for which the runtime itself may wait. With `ifMatch`, the write
   * succeeds only if the object still has this ETag.
   */
  async put(
    call: Call,
    body: Readonly<Record<string, unknown>>,
    waitMs: number = FIRST_CHECKS_MS,
    ifMatch?: string,
  ): Promise<ApiObject> {
    const write = { body: JSON.stringify(body), ifMatch, timeoutMs: waitMs + MARGIN_MS };
    return bodyAs(apiObject, await this.#call('PUT', pathOf(call), call.expectedRuntime, write));
  }

  /** Reads an object. Returns `undefined` if the expected runtime does not have it. */
  async get(call: Call): Promise<TaggedObject | undefined> {
    try {
      const response = await this.#call('GET', pathOf(call), call.expectedRuntime);
      return { ...bodyAs(apiObject, response), etag: response.headers.etag };
    } catch (error) {
      if (error instanceof WeirError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Every object of a kind, in order of id. `expectedRuntime` is the id of the runtime that a state names, if any. */
  async list(kind: Kind, expectedRuntime?: string): Promise<ApiObject[]> {
    const objects: ApiObject[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      if (++pages > MAX_PAGES)
        throw new WeirError('Internal', `the runtime lists more than ${MAX_PAGES} pages of ${kind}`);
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = bodyAs(apiObjectPage, await this.#call('GET', `v1/${kind}${query}`, expectedRuntime));
      for (const object of page.items) objects.push(object);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return objects;
  }

  /** Deletes the object if it still has this incarnation. A missing object counts as deleted. */
  async delete(call: Call, incarnation: string | undefined): Promise<void> {
    const query = incarnation === undefined ? '' : `?incarnation=${encodeURIComponent(incarnation)}`;
    try {
      const write = { timeoutMs: FIRST_CHECKS_MS + MARGIN_MS };
      await this.#call('DELETE', pathOf(call) + query, call.expectedRuntime, write);
    } catch (error) {
      if (!(error instanceof WeirError && error.code === 'NotFound')) throw error;
    }
  }

  // These methods import shapes that only commands need. At the top, the import would cost each plug-in start 13 ms.

  async status(): Promise<StatusResponse> {
    const { statusResponse } = await import('../model/api/status.ts');
    return bodyAs(statusResponse, await this.#call('GET', 'v1/status', undefined));
  }

  /** Creates a token. Only this response contains the token's text. */
  async createToken(token: TokenProperties): Promise<CreatedToken> {
    const { createdToken } = await import('../model/api/tokens.ts');
    const write = { body: JSON.stringify(token) };
    return bodyAs(createdToken, await this.#call('POST', 'v1/tokens', undefined, write));
  }

  async tokens(): Promise<TokenList> {
    const { tokenList } = await import('../model/api/tokens.ts');
    return bodyAs(tokenList, await this.#call('GET', 'v1/tokens', undefined));
  }

  async revokeToken(id: string): Promise<void> {
    await this.#call('DELETE', `v1/tokens/${encodeURIComponent(id)}`, undefined);
  }

  /** Reports events from now on. Resolves when the stream ends, and rejects if it cannot be opened. */
  async events({ opened, happened }: EventReader, signal: AbortSignal): Promise<void> {
    const { apiEvent } = await import('../model/api/events.ts');
    const runtimeId = await this.runtimeId();
    const token = tokenFor(this.#settings, runtimeId);
    const headers = { 'X-Weir-Runtime': runtimeId, ...(token && { Authorization: `Bearer ${token.value}` }) };
    const stream = await openStream(this.#settings.ca, { url: this.#url('v1/events'), headers, signal });
    opened();
    for await (const data of eventData(stream)) {
      const { value } = read(apiEvent, data);
      if (value !== undefined) happened(value);
    }
  }

  async #call(method: string, path: string, expected: string | undefined, write: Write = {}) {
    const { body, ifMatch, timeoutMs = MARGIN_MS } = write;
    const runtimeId = await this.#admit(expected);
    const token = tokenFor(this.#settings, runtimeId);
    const headers = {
      'X-Weir-Runtime': runtimeId,
      ...(token && { Authorization: `Bearer ${token.value}` }),
      ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
      ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(body)}` }),
    };
    const url = this.#url(path);
    for (let attempt = 0; ; attempt++) {
      const repeatAfterMs = REPEAT_AFTER_MS[attempt];
      const { response, error } = await this.#attempt({ url, method, headers, body, timeoutMs });
      if (response !== undefined && isSuccess(response)) return response;
      const failure = response
        ? this.#failureOf(response, expected ?? runtimeId, runtimeId, token)
        : unreachable(this.#settings, error, timeoutMs);
      const mayRepeat = response ? REPEATED.has(failure.code) : isLost(error);
      // A POST is not sent again, because it would create a second object.
      if (method === 'POST' || !mayRepeat || repeatAfterMs === undefined) throw failure;
      await delay(repeatAfterMs);
    }
  }

  async #attempt(request: Parameters<Send>[0]): Promise<{ response?: HttpResponse; error?: unknown }> {
    try {
      return { response: await this.#send(request) };
    } catch (error) {
      return { error };
    }
  }

  #failureOf(response: HttpResponse, expected: string, admitted: string, token: Token | undefined): WeirError {
    const actual = runtimeIdOf(response);
    if (actual === undefined || isRedirect(response)) return notAWeirRuntime(this.#settings, response);
    // Another runtime has taken the endpoint since the first request.
    if (actual !== admitted) return otherRuntime(this.#settings, expected, actual);
    return failureOf(this.#settings, response, token);
  }

  async #admit(expected: string | undefined): Promise<string> {
    const actual = await this.runtimeId();
    if (expected === undefined || expected === actual || this.acceptRuntime === actual) return actual;
    throw otherRuntime(this.#settings, expected, actual);
  }

  async #preflight(): Promise<string> {
    const request = { url: this.#url('healthz'), method: 'GET', headers: {}, timeoutMs: PREFLIGHT_TIMEOUT_MS };
    const { response, error } = await this.#attempt(request);
    if (response === undefined) throw unreachable(this.#settings, error, PREFLIGHT_TIMEOUT_MS);
    const runtimeId = runtimeIdOf(response);
    // The runtime does not know the name under which it is called.
    if (runtimeId !== undefined && response.status === ERRORS.Misdirected.status)
      throw failureOf(this.#settings, response, undefined);
    // Under a wrong path, a runtime responds with 404 to everything. Its objects would then seem to be gone.
    if (runtimeId === undefined || response.status !== 200) throw notAWeirRuntime(this.#settings, response);
    return runtimeId;
  }

  #url(path: string): URL {
    return new URL(`${this.endpoint}/${path}`);
  }
}

interface Write {
  readonly body?: string;
  readonly ifMatch?: string | undefined;
  readonly timeoutMs?: number;
}

/**
 * Errors after which a request is sent again. After a Timeout, the write is stored, and its repetition waits for late
 * data planes.
 */
const REPEATED: ReadonlySet<string> = new Set(['Timeout', 'SystemBusy']);

function pathOf({ kind, id }: Call): string {
  return `v1/${kind}/${encodeURIComponent(id)}`;
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

function runtimeIdOf({ headers }: HttpResponse): string | undefined {
  const id = headers['x-weir-runtime'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function bodyAs<T>(shape: z.ZodType<T>, { body }: HttpResponse): T {
  const { value, fault } = read(shape, body);
  if (fault === undefined) return value;
  throw new WeirError('Internal', `the response of the runtime is not an object of Weir: ${fault}`);
}
