// The typed client of the runtime's API: the providers' only way to it; makes sure first that it is there and the right one.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { WeirError } from '../model/base/errors.ts';
import { json } from '../model/base/json.ts';
import type { Kind } from '../model/base/kinds.ts';
import { HANDOVER_SECONDS, toMs } from '../model/objects/seconds.ts';
import type { TokenProperties } from '../model/permissions/token.ts';
import { failureOf, isLost, notAWeirRuntime, otherRuntime, unreachable } from './failure.ts';
import { type HttpAnswer, openStream, type Send, sender } from './request.ts';
import { type Settings, type Token, tokenFor } from './settings.ts';

/** So that a dead endpoint, even one that swallows packets, fails a `pulumi up` within 10 s: Pulumi itself takes 5 to 6. */
const PREFLIGHT_TIMEOUT_MS = 3_000;

/** How long the runtime lets first checks of targets go on before it answers a write, where nothing else is said. */
const FIRST_CHECKS_MS = toMs(HANDOVER_SECONDS);

/** What a write may take beyond the first checks and the health that it waits for: the runtime's acknowledgement, and a busy machine. */
const MARGIN_MS = 30_000;

/** The same write again, after the connection was lost or the runtime asked for it: it is idempotent. */
const REPEAT_AFTER_MS = [200, 1_000];

const storedObject = z.looseObject({
  id: z.string(),
  owner: z.string().nullish(),
  incarnation: z.string(),
  version: z.number(),
  warnings: z.array(z.string()).optional(),
  lastError: z.string().nullish(),
});

const storedPage = z.looseObject({ items: z.array(storedObject), cursor: z.string().optional() });

/** An object as the API answers it: what every kind has; properties and outputs of its kind stand beside. */
export type StoredObject = Readonly<z.infer<typeof storedObject>>;

/** The same with the tag of what was read, for a write that must not go over another's. */
export type TaggedObject = StoredObject & { readonly etag: string | undefined };

/** What the runtime says of the object that its user should know. */
export function warningsOf({ warnings, lastError }: StoredObject): string[] {
  return [...(warnings ?? []), ...(lastError ? [lastError] : [])];
}

export interface Call {
  readonly kind: Kind;
  readonly id: string;
  /** The runtime that the state names; undefined where there is no state yet. */
  readonly expectedRuntime: string | undefined;
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
  ): Promise<StoredObject> {
    const write = { body: JSON.stringify(body), ifMatch, timeoutMs: waitMs + MARGIN_MS };
    return parsed(storedObject, await this.#call('PUT', pathOf(call), call.expectedRuntime, write));
  }

  /** Undefined: this runtime, which is the expected one, does not have it. */
  async get(call: Call): Promise<TaggedObject | undefined> {
    try {
      const answer = await this.#call('GET', pathOf(call), call.expectedRuntime);
      return { ...parsed(storedObject, answer), etag: answer.headers.etag };
    } catch (error) {
      if (error instanceof WeirError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Every object of a kind, in order of id; of the runtime that a state names, where it names one. */
  async list(kind: Kind, expectedRuntime?: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = parsed(storedPage, await this.#call('GET', `v1/${kind}${query}`, expectedRuntime));
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

  /** What runs now: the answer of `/v1/status`. */
  async status(): Promise<unknown> {
    return json((await this.#call('GET', 'v1/status', undefined)).body);
  }

  /** The answer of `POST /v1/tokens`, the only one that has the token. */
  async createToken(token: TokenProperties): Promise<unknown> {
    return json((await this.#call('POST', 'v1/tokens', undefined, { body: JSON.stringify(token) })).body);
  }

  async tokens(): Promise<unknown> {
    return json((await this.#call('GET', 'v1/tokens', undefined)).body);
  }

  async revokeToken(id: string): Promise<void> {
    await this.#call('DELETE', `v1/tokens/${encodeURIComponent(id)}`, undefined);
  }

  /** Calls `onEvent` at each sign of life of `/v1/events`; resolves when the stream has ended, rejects where there is none. */
  async events(onEvent: () => void, signal: AbortSignal): Promise<void> {
    const runtimeId = await this.runtimeId();
    const token = tokenFor(this.#settings, runtimeId);
    const headers = { 'X-Weir-Runtime': runtimeId, ...(token && { Authorization: `Bearer ${token.value}` }) };
    const stream = await openStream(this.#settings.ca, { url: this.#url('v1/events'), headers, signal });
    stream.on('data', onEvent);
    await new Promise<void>((resolve) => stream.once('close', resolve));
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
      const outcome = await this.#attempt({ url, method, headers, body, timeoutMs });
      if (outcome.answer !== undefined && outcome.answer.status < 400) return outcome.answer;
      const failure = outcome.answer
        ? this.#failureOf(outcome.answer, expected ?? runtimeId, runtimeId, token)
        : unreachable(this.#settings, outcome.error, timeoutMs);
      const mayRepeat = outcome.answer ? REPEATED.has(failure.code) : isLost(outcome.error);
      // A second POST would make a second one.
      if (method === 'POST' || !mayRepeat || repeatAfterMs === undefined) throw failure;
      await delay(repeatAfterMs);
    }
  }

  async #attempt(request: Parameters<Send>[0]): Promise<{ answer?: HttpAnswer; error?: unknown }> {
    try {
      return { answer: await this.#send(request) };
    } catch (error) {
      return { error };
    }
  }

  #failureOf(answer: HttpAnswer, expected: string, admitted: string, token: Token | undefined): WeirError {
    const actual = runtimeIdOf(answer);
    if (actual === undefined) return notAWeirRuntime(this.#settings, answer);
    // It was exchanged for another after the preflight.
    if (actual !== admitted) return otherRuntime(this.#settings, expected, actual);
    return failureOf(this.#settings, answer, token);
  }

  async #admit(expected: string | undefined): Promise<string> {
    const actual = await this.runtimeId();
    if (expected === undefined || expected === actual || this.acceptRuntime === actual) return actual;
    throw otherRuntime(this.#settings, expected, actual);
  }

  async #preflight(): Promise<string> {
    const request = { url: this.#url('healthz'), method: 'GET', headers: {}, timeoutMs: PREFLIGHT_TIMEOUT_MS };
    const { answer, error } = await this.#attempt(request);
    if (answer === undefined) throw unreachable(this.#settings, error, PREFLIGHT_TIMEOUT_MS);
    const runtimeId = runtimeIdOf(answer);
    // Under a path that a runtime does not know it answers 404 to everything, which would read as gone.
    if (runtimeId === undefined || answer.status !== 200) throw notAWeirRuntime(this.#settings, answer);
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

function runtimeIdOf(answer: HttpAnswer): string | undefined {
  const id = answer.headers['x-weir-runtime'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function parsed<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const result = schema.safeParse(json(answer.body));
  if (result.success) return result.data;
  throw new WeirError('Internal', `the runtime answered with what is no object of Weir's: ${result.error.message}`);
}
