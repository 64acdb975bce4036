// The typed client of the runtime's API.
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ApiEvent } from '../model/api/events.ts';
import { type ApiObject, apiObject, deletedResponse, pageOf } from '../model/api/objects.ts';
import type { StatusResponse } from '../model/api/status.ts';
import type { CreatedToken, TokenList } from '../model/api/tokens.ts';
import { hasCode, WeirError } from '../model/base/errors.ts';
import type { Kind } from '../model/base/kinds.ts';
import type { MergePatch } from '../model/base/merge-patch.ts';
import { HANDOVER_SECONDS, toMs } from '../model/objects/seconds.ts';
import type { TokenProperties } from '../model/permissions/token.ts';
import { endpointText } from './admission.ts';
import { eventData } from './event-stream.ts';
import { read } from './reading.ts';
import type { HttpResponse } from './request.ts';
import { type Condition, MARGIN_MS, Session } from './session.ts';
import type { Settings } from './settings.ts';
import type { TimeLimit } from './time-limit.ts';

/**
 * Time for which the runtime waits for first checks of targets before it responds to a write, unless the object sets
 * another.
 */
export const FIRST_CHECKS_MS = toMs(HANDOVER_SECONDS);

/** Limit for the pages of one list, so that an endpoint cannot go on with one for ever. */
const MAX_PAGES = 2_000;

const apiObjectPage = pageOf(apiObject);

/** An object with the ETag that it was read with, for a write that must not overwrite another client's write. */
export type TaggedObject = ApiObject & { readonly etag: string | undefined };

export interface Call {
  readonly kind: Kind;
  readonly id: string;
  /** The id of the runtime that the state names. `undefined` if there is no state yet. */
  readonly expectedRuntime: string | undefined;
  /** Called with each text in which the runtime says how far a write is. */
  readonly onProgress?: (text: string) => void;
}

interface EventReader {
  /** Called when the event stream is open. Every later event is reported. */
  opened(): void;
  happened(event: ApiEvent): void;
}

export class RuntimeClient {
  readonly #settings: Settings;
  readonly #session: Session;
  readonly #limit: TimeLimit | undefined;

  constructor(settings: Settings, session = new Session(settings), limit?: TimeLimit) {
    this.#settings = settings;
    this.#session = session;
    this.#limit = limit;
  }

  /** A client of the same runtime whose writes and reads of one object together take at most the given time. */
  within(limit: TimeLimit | undefined): RuntimeClient {
    return new RuntimeClient(this.#settings, this.#session, limit);
  }

  get endpoint(): string {
    return endpointText(this.#settings.endpoint);
  }

  /** The certificate authority with which the runtime is reached, and its file if it has one. */
  get authority(): Pick<Settings, 'ca' | 'caFile'> {
    return this.#settings;
  }

  get acceptRuntime(): string | undefined {
    return this.#settings.acceptRuntime;
  }

  get reuseObjects(): boolean {
    return this.#settings.reuseObjects;
  }

  /** The id of the runtime at the endpoint. The client asks for the id once, and keeps even a failure. */
  runtimeId(): Promise<string> {
    return this.#session.runtimeId();
  }

  /**
   * Creates or updates an object for its stack. `waitMs` is the time for which the runtime itself may wait. The write
   * fails with `PreconditionFailed` if the condition is not met.
   */
  async put(
    call: Call,
    body: Readonly<Record<string, unknown>>,
    waitMs?: number,
    condition?: Condition,
  ): Promise<ApiObject> {
    return await this.#write('PUT', call, body, waitMs, condition);
  }

  /** Changes an object for its stack by a JSON merge patch, like `put`. */
  async patch(call: Call, patch: MergePatch, waitMs?: number, condition?: Condition): Promise<ApiObject> {
    return await this.#write('PATCH', call, patch, waitMs, condition);
  }

  /** Reads an object. Returns `undefined` if the expected runtime does not have it. */
  async get(call: Call): Promise<TaggedObject | undefined> {
    try {
      const read = { limit: this.#limit };
      const response = await this.#session.call('GET', pathOf(call) + OF_STACK, call.expectedRuntime, read);
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
      const page = bodyAs(apiObjectPage, await this.#session.call('GET', `v1/${kind}${query}`, expectedRuntime));
      for (const object of page.items) objects.push(object);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return objects;
  }

  /**
   * Deletes the object if it still has this incarnation. A missing object counts as deleted. With `cascade`, what the
   * stack of its owner has below the object is deleted as well. `waitMs` is the time for which the runtime itself may
   * wait. Returns the warnings of the runtime.
   */
  async delete(
    call: Call,
    incarnation: string | undefined,
    waitMs = FIRST_CHECKS_MS,
    cascade?: 'stack',
  ): Promise<readonly string[]> {
    const given = { ...(incarnation !== undefined && { incarnation }), ...(cascade !== undefined && { cascade }) };
    const query = Object.keys(given).length === 0 ? '' : `?${new URLSearchParams(given)}`;
    try {
      const write = { timeoutMs: waitMs + MARGIN_MS, limit: this.#limit, onProgress: call.onProgress };
      const response = await this.#session.call('DELETE', pathOf(call) + query, call.expectedRuntime, write);
      return response.body === '' ? [] : (bodyAs(deletedResponse, response).warnings ?? []);
    } catch (error) {
      if (!(error instanceof WeirError && error.code === 'NotFound')) throw error;
      return [];
    }
  }

  async #write(
    method: 'PUT' | 'PATCH',
    call: Call,
    body: MergePatch,
    waitMs = FIRST_CHECKS_MS,
    condition?: Condition,
  ): Promise<ApiObject> {
    const { onProgress } = call;
    const write = {
      body: JSON.stringify(body),
      condition,
      timeoutMs: waitMs + MARGIN_MS,
      limit: this.#limit,
      onProgress,
    };
    return bodyAs(apiObject, await this.#session.call(method, pathOf(call) + OF_STACK, call.expectedRuntime, write));
  }

  /** Makes a server a member of an auto scaling group with a lease, or renews the lease. */
  async join(groupId: string, serverId: string, ttlSeconds: number): Promise<void> {
    const write = { limit: this.#limit, isMinimal: true };
    await this.#session.call('PUT', `${memberPath(groupId, serverId)}?ttl=${ttlSeconds}`, undefined, write);
  }

  /** Takes a server out of an auto scaling group. A server that is no member counts as taken out. */
  async leave(groupId: string, serverId: string, onProgress: (text: string) => void): Promise<readonly string[]> {
    try {
      const response = await this.#session.call('DELETE', memberPath(groupId, serverId), undefined, { onProgress });
      return response.body === '' ? [] : (bodyAs(deletedResponse, response).warnings ?? []);
    } catch (error) {
      if (hasCode(error, 'NotFound')) return [];
      throw error;
    }
  }

  // These methods import shapes that only commands need. At the top, the import would cost each plug-in start 13 ms.

  async status(): Promise<StatusResponse> {
    const { statusResponse } = await import('../model/api/status.ts');
    return bodyAs(statusResponse, await this.#session.call('GET', 'v1/status', undefined));
  }

  /** Creates a token. Only this response contains the token's text. */
  async createToken(token: TokenProperties): Promise<CreatedToken> {
    const { createdToken } = await import('../model/api/tokens.ts');
    const write = { body: JSON.stringify(token) };
    return bodyAs(createdToken, await this.#session.call('POST', 'v1/tokens', undefined, write));
  }

  async tokens(): Promise<TokenList> {
    const { tokenList } = await import('../model/api/tokens.ts');
    return bodyAs(tokenList, await this.#session.call('GET', 'v1/tokens', undefined));
  }

  async revokeToken(id: string): Promise<void> {
    await this.#session.call('DELETE', `v1/tokens/${encodeURIComponent(id)}`, undefined);
  }

  /**
   * Hands a backup of the runtime to `reader`, with its size in bytes. Rejects if the stream ends before that size, or if
   * the reader rejects.
   */
  async backup(signal: AbortSignal, reader: (stream: Readable, bytes: number) => Promise<void>): Promise<void> {
    await this.#session.read('v1/backup', signal, async (stream) => {
      await reader(stream, Number(stream.headers['content-length']));
    });
  }

  /** Reports events from now on. Resolves when the stream ends, and rejects if it cannot be opened. */
  async events({ opened, happened }: EventReader, signal: AbortSignal): Promise<void> {
    const { apiEvent } = await import('../model/api/events.ts');
    await this.#session.read('v1/events', signal, async (stream) => {
      opened();
      for await (const data of eventData(stream)) {
        const { value } = read(apiEvent, data);
        if (value !== undefined) happened(value);
      }
    });
  }
}

/** The query that marks requests of a stack. A runtime of an earlier release does not look at it. */
const OF_STACK = '?by=stack';

function pathOf({ kind, id }: Call): string {
  return `v1/${kind}/${encodeURIComponent(id)}`;
}

function memberPath(groupId: string, serverId: string): string {
  return `v1/groups/${encodeURIComponent(groupId)}/members/${encodeURIComponent(serverId)}`;
}

function bodyAs<T>(shape: z.ZodType<T>, { body }: HttpResponse): T {
  const { value, fault } = read(shape, body);
  if (fault === undefined) return value;
  throw new WeirError('Internal', `the response of the runtime is not an object of Weir: ${fault}`);
}
