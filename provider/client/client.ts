// The typed client of the runtime's API: the providers' only way to it; makes sure first that it is there and the right one.
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { ApiEvent } from '../model/api/events.ts';
import { type ApiObject, apiObject, pageOf } from '../model/api/objects.ts';
import type { StatusResponse } from '../model/api/status.ts';
import type { CreatedToken, TokenList } from '../model/api/tokens.ts';
import { WeirError } from '../model/base/errors.ts';
import type { Kind } from '../model/base/kinds.ts';
import { HANDOVER_SECONDS, toMs } from '../model/objects/seconds.ts';
import type { TokenProperties } from '../model/permissions/token.ts';
import { eventData } from './event-stream.ts';
import { failureOf, isLost, notAWeirRuntime, otherRuntime, unreachable } from './failure.ts';
import { read } from './reading.ts';
import { type HttpResponse, openStream, type Send, sender } from './request.ts';
import { type Settings, type Token, tokenFor } from './settings.ts';

/** So that a dead endpoint, even one that swallows packets, fails a `pulumi up` within 10 s: Pulumi itself takes 5 to 6. */
const PREFLIGHT_TIMEOUT_MS = 3_000;

/** How long the runtime lets first checks of targets go on before it responds to a write, where nothing else is said. */
const FIRST_CHECKS_MS = toMs(HANDOVER_SECONDS);

/** What a write may take beyond the first checks and the health that it waits for: the runtime's acknowledgement, and a busy machine. */
const MARGIN_MS = 30_000;

/** The same write again, after the connection was lost or the runtime asked for it: it is idempotent. */
const REPEAT_AFTER_MS = [200, 1_000];

const apiObjectPage = pageOf(apiObject);

/** An object with the tag of what was read, for a write that must not go over another's. */
type TaggedObject = ApiObject & { readonly etag: string | undefined };

export interface Call {
  readonly kind: Kind;
  readonly id: string;
  /** The runtime that the state names; undefined where there is no state yet. */
  readonly expectedRuntime: string | undefined;
}

interface EventReader {
  /** From here on nothing is missed. */
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

  /** The id of the runtime behind the endpoint; asked once, and a failure counts for the process as well. */
  runtimeId(): Promise<string> {
    this.#runtimeId ??= this.#preflight();
    return this.#runtimeId;
  }

  /** Creates or updates; `waitMs` is what the write itself may wait for. `ifMatch`: only what has this tag. */
  async put(
    call: Call,
    body: Readonly<Record<string, unknown>>,
    waitMs: number = FIRST_CHECKS_MS,
    ifMatch?: string,
  ): Promise<ApiObject> {
    const write = { body: JSON.stringify(body), ifMatch, timeoutMs: waitMs + MARGIN_MS };
    return bodyAs(apiObject, await this.#call('PUT', pathOf(call), call.expectedRuntime, write));
  }

  /** Undefined: this runtime, which is the expected one, does not have it. */
  async get(call: Call): Promise<TaggedObject | undefined> {
    try {
      const response = await this.#call('GET', pathOf(call), call.expectedRuntime);
      return { ...bodyAs(apiObject, response), etag: response.headers.etag };
    } catch (error) {
      if (error instanceof WeirError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Every object of a kind, in order of id; of the runtime that a state names, where it names one. */
  async list(kind: Kind, expectedRuntime?: string): Promise<ApiObject[]> {
    const objects: ApiObject[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = bodyAs(apiObjectPage, await this.#call('GET', `v1/${kind}${query}`, expectedRuntime));
      objects.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return objects;
  }

  /** Deletes the object if it still is the one of this incarnation; what is gone is deleted. */
  async delete(call: Call, incarnation: string | undefined): Promise<void> {
    const query = incarnation === undefined ? '' : `?incarnation=${encodeURIComponent(incarnation)}`;
    try {
      const write = { timeoutMs: FIRST_CHECKS_MS + MARGIN_MS };
      await this.#call('DELETE', pathOf(call) + query, call.expectedRuntime, write);
    } catch (error) {
      if (!(error instanceof WeirError && error.code === 'NotFound')) throw error;
    }
  }

  // Shapes that only commands need are loaded by the calls themselves: every start of a plug-in would take 13 ms for them.

  async status(): Promise<StatusResponse> {
    const { statusResponse } = await import('../model/api/status.ts');
    return bodyAs(statusResponse, await this.#call('GET', 'v1/status', undefined));
  }

  /** What it returns is all that ever has the text of the token. */
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

  /** Tells the reader what happens from now on; resolves when the stream has ended, rejects if it could not be opened. */
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
      if (response !== undefined && response.status < 400) return response;
      const failure = response
        ? this.#failureOf(response, expected ?? runtimeId, runtimeId, token)
        : unreachable(this.#settings, error, timeoutMs);
      const mayRepeat = response ? REPEATED.has(failure.code) : isLost(error);
      // A second POST would make a second one.
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
    if (actual === undefined) return notAWeirRuntime(this.#settings, response);
    // It was exchanged for another after the preflight.
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
    // Under a path that a runtime does not know it responds with 404 to everything, which would read as gone.
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

/** Timeout: stored, and the same write again waits for the late data planes. */
const REPEATED: ReadonlySet<string> = new Set(['Timeout', 'SystemBusy']);

function pathOf({ kind, id }: Call): string {
  return `v1/${kind}/${encodeURIComponent(id)}`;
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
