// Requests to one runtime: which connection carries them, what it has to prove first, and which requests are repeated.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { PROGRESS_HEADER } from '../model/api/objects.ts';
import { isWeirError, type WeirError } from '../model/base/errors.ts';
import { AdmittedConnection, runtimeIdOf, urlOf } from './admission.ts';
import {
  failureOf,
  isLost,
  isRedirect,
  notAWeirRuntime,
  otherRuntime,
  unreachable,
  withStateAdvice,
} from './failure.ts';
import { type HttpRequest, type HttpResponse, MAX_RESPONSE_BYTES, NoStream } from './request.ts';
import { type Settings, tokenFor } from './settings.ts';
import type { TimeLimit } from './time-limit.ts';

/**
 * Limit for the first request: a dead endpoint, even one that drops packets, must fail a `pulumi up` within 10 s, of
 * which Pulumi itself takes 5 to 6 s.
 */
const PREFLIGHT_TIMEOUT_MS = 3_000;

/**
 * Time that a write may take besides its waits for checks and health: the data planes' acknowledgement, on a busy
 * machine.
 */
export const MARGIN_MS = 30_000;

/**
 * Pauses before a request is sent again, after a lost connection or if the runtime asks for it. Such requests are
 * idempotent.
 */
const REPEAT_AFTER_MS = [200, 1_000];

interface Write {
  /** Called with each text in which the runtime says how far the request is. */
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly body?: string;
  readonly condition?: Condition | undefined;
  /** Whether the response need not have what the request did not change. */
  readonly isMinimal?: boolean;
  /** The time for the request, which begins anew with each text of its progress. */
  readonly timeoutMs?: number;
  /** The limit of the whole operation, in place of `timeoutMs`. */
  readonly limit?: TimeLimit | undefined;
}

/** The condition of a write: the object still has this ETag, or, with `*`, does not exist yet. */
export type Condition = { readonly 'If-Match': string } | { readonly 'If-None-Match': '*' };

/**
 * Errors after which a request is sent again. After a Timeout, the write is stored, and its repetition waits for late
 * data planes.
 */
const REPEATED: ReadonlySet<string> = new Set(['Timeout', 'SystemBusy']);

export class Session {
  readonly #settings: Settings;
  /** Connections that carry no request now. */
  readonly #idle: AdmittedConnection[] = [];
  #runtimeId: Promise<string> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The id of the runtime at the endpoint. It is asked for once, and a failure is kept, too. */
  runtimeId(): Promise<string> {
    this.#runtimeId ??= this.#preflight();
    return this.#runtimeId;
  }

  /** The response to a request. `expected` is the id of the runtime that a state names. Rejects unless it is a success. */
  async call(method: string, path: string, expected: string | undefined, write: Write = {}) {
    const { body, condition, isMinimal = false, limit, onProgress } = write;
    const runtimeId = await this.#admit(expected);
    const headers = {
      ...condition,
      ...(isMinimal && { Prefer: 'return=minimal' }),
      ...(onProgress !== undefined && { [PROGRESS_HEADER]: '1' }),
      ...(body !== undefined && { 'Content-Type': contentTypeOf(method) }),
      ...(body !== undefined && { 'Content-Length': `${Buffer.byteLength(body)}` }),
    };
    const url = urlOf(this.#settings, path);
    const onInterim = (fields: IncomingHttpHeaders) => {
      const text = progressIn(fields);
      if (text === undefined) return false;
      onProgress?.(text);
      // A runtime that says how far it is waits as long as an object that the client may not know lets it.
      return limit === undefined;
    };
    const request = { url, method, headers, body, onInterim, maxBytes: MAX_RESPONSE_BYTES };
    for (let attempt = 0; ; attempt++) {
      const repeatAfterMs = REPEAT_AFTER_MS[attempt];
      const timeoutMs = limit?.leftMs ?? write.timeoutMs ?? MARGIN_MS;
      const { response, error } = await this.#attempt({ ...request, timeoutMs }, runtimeId, expected);
      if (response !== undefined && isSuccess(response)) return response;
      if (response === undefined && limit?.isOver) throw limit.exceeded();
      const failure = response
        ? this.#failureOf(response, expected ?? runtimeId, runtimeId)
        : isWeirError(error)
          ? error
          : unreachable(this.#settings, error, timeoutMs);
      const mayRepeat = response || isWeirError(error) ? REPEATED.has(failure.code) : isLost(error);
      // A POST is not sent again, because it would create a second object.
      if (method === 'POST' || !mayRepeat || repeatAfterMs === undefined) throw failure;
      await delay(repeatAfterMs);
    }
  }

  /** Reads the response of one request as a stream, on a connection that is not used any more afterwards. */
  async read(path: string, signal: AbortSignal, reader: (stream: IncomingMessage) => Promise<void>): Promise<void> {
    const runtimeId = await this.runtimeId();
    const admitted = await this.#connect(MARGIN_MS);
    try {
      const headers = await this.#authorize(admitted, runtimeId, MARGIN_MS);
      await reader(await admitted.connection.stream(urlOf(this.#settings, path), headers, signal));
    } catch (error) {
      throw error instanceof NoStream ? this.#failureOf(error.response, runtimeId, runtimeId) : error;
    } finally {
      admitted.connection.close();
    }
  }

  async #attempt(
    request: HttpRequest,
    runtimeId: string,
    expected: string | undefined,
  ): Promise<{ response?: HttpResponse; error?: unknown }> {
    try {
      const admitted = await this.#connect(request.timeoutMs);
      const headers = await this.#authorize(admitted, runtimeId, request.timeoutMs, expected);
      const response = await admitted.connection.send({ ...request, headers: { ...request.headers, ...headers } });
      this.#idle.push(admitted);
      return { response };
    } catch (error) {
      return { error };
    }
  }

  /** A connection that is free, or a new one. */
  async #connect(timeoutMs: number): Promise<AdmittedConnection> {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.connection.isOpen) return last;
    }
    return await AdmittedConnection.open(this.#settings, timeoutMs);
  }

  /** The headers of a request to the admitted runtime. Rejects if the other end is another one, or proves nothing. */
  async #authorize(admitted: AdmittedConnection, runtimeId: string, timeoutMs: number, expected = runtimeId) {
    try {
      // Another runtime has taken the endpoint since the first request.
      if (admitted.runtimeId !== runtimeId) throw otherRuntime(this.#settings, expected, admitted.runtimeId);
      return await admitted.authorize(tokenFor(this.#settings, runtimeId), timeoutMs);
    } catch (error) {
      admitted.connection.close();
      throw error;
    }
  }

  #failureOf(response: HttpResponse, expected: string, admitted: string): WeirError {
    const actual = runtimeIdOf(response);
    if (actual === undefined || isRedirect(response)) return notAWeirRuntime(this.#settings, response);
    // Another runtime has taken the endpoint since the first request.
    if (actual !== admitted) return otherRuntime(this.#settings, expected, actual);
    return failureOf(this.#settings, response, tokenFor(this.#settings, admitted));
  }

  async #admit(expected: string | undefined): Promise<string> {
    const actual = await this.runtimeId().catch((error) => {
      throw expected === undefined ? error : withStateAdvice(error, expected);
    });
    if (expected === undefined || expected === actual || this.#settings.acceptRuntime === actual) return actual;
    throw otherRuntime(this.#settings, expected, actual);
  }

  async #preflight(): Promise<string> {
    try {
      const admitted = await this.#connect(PREFLIGHT_TIMEOUT_MS);
      this.#idle.push(admitted);
      return admitted.runtimeId;
    } catch (error) {
      throw isWeirError(error) ? error : unreachable(this.#settings, error, PREFLIGHT_TIMEOUT_MS);
    }
  }
}

function progressIn(fields: IncomingHttpHeaders): string | undefined {
  const text = fields[PROGRESS_HEADER];
  if (typeof text !== 'string') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function contentTypeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}
