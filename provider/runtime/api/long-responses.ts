// Responses that may be long, such as lists and the status: made in pieces, as fast as their reader takes them.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { WeirError } from '../../model/base/errors.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import type { Access } from '../control/access/access.ts';
import { etagOfText } from './etag.ts';
import { Slices } from './slices.ts';

/** Time for which a response holds the thread before others have it. One piece may take longer. */
const SLICE_MS = 5;
/** Number of characters that are sent together. A response that is not longer is sent as a whole. */
const CHUNK_CHARACTERS = 64 * 1024;
/** Maximum number of long responses of one token that are under way. The administrator has no limit. */
const MAX_OF_TOKEN = 16;

export class LongResponses {
  readonly #slices = new Slices();
  /** Number of responses under way, by token. */
  readonly #underWay = new Map<string, number>();

  /**
   * Sends a JSON text that is made in pieces. Each piece must be cheap to make, because others have the thread only
   * between pieces. An empty piece stands for work that makes no text.
   */
  async send(reply: FastifyReply, { tokenId }: Access, pieces: Iterable<string>): Promise<FastifyReply> {
    this.#begin(tokenId);
    const chunks = this.#chunks(pieces[Symbol.iterator](), tokenId);
    try {
      const [first, second] = [await chunks.next(), await chunks.next()];
      reply.type('application/json; charset=utf-8');
      if (first.done || second.done) {
        this.#end(tokenId);
        return reply.send(first.value ?? '');
      }
      const body = Readable.from(after([first.value, second.value], chunks), {
        objectMode: false,
        highWaterMark: CHUNK_CHARACTERS,
      });
      body.on('close', () => this.#end(tokenId));
      // A response in several parts is not compared with others, so it has an entity tag of its own.
      return reply.header('etag', etagOfText(reply.request.id)).send(body);
    } catch (error) {
      this.#end(tokenId);
      throw error;
    }
  }

  /** Runs work for one response, which awaits `next` between its parts. */
  async run<T>({ tokenId }: Access, work: (next: () => Promise<void>) => Promise<T>): Promise<T> {
    this.#begin(tokenId);
    try {
      return await work(() => this.#slices.next(tokenId));
    } finally {
      this.#end(tokenId);
    }
  }

  async *#chunks(pieces: Iterator<string>, caller: string | undefined): AsyncGenerator<string, undefined> {
    let text = '';
    for (let isDone = false; !isDone; ) {
      await this.#slices.next(caller);
      const untilMs = performance.now() + SLICE_MS;
      while (!isDone && text.length < CHUNK_CHARACTERS && performance.now() < untilMs) {
        const piece = pieces.next();
        isDone = piece.done === true;
        if (!isDone) text += inOneLine(piece.value);
      }
      if (text.length < CHUNK_CHARACTERS && !isDone) continue;
      yield text;
      text = '';
    }
  }

  #begin(token: string | undefined): void {
    if (token === undefined) return;
    const count = this.#underWay.get(token) ?? 0;
    if (count >= MAX_OF_TOKEN) {
      throw new WeirError(
        'SystemBusy',
        `${count} long responses for the token, such as lists, are under way, which is the limit: read them first, or try again.`,
      );
    }
    this.#underWay.set(token, count + 1);
  }

  #end(token: string | undefined): void {
    if (token === undefined) return;
    const count = (this.#underWay.get(token) ?? 0) - 1;
    if (count > 0) this.#underWay.set(token, count);
    else this.#underWay.delete(token);
  }
}

async function* after(first: readonly string[], others: AsyncGenerator<string>): AsyncGenerator<string> {
  yield* first;
  yield* others;
}

/**
 * The JSON text of an object whose last property is a list, in pieces. Each item has pieces of its own, and an item
 * without any text is left out. `rest` returns the text after the list.
 */
export function* withList(
  fields: object,
  name: string,
  items: Iterable<Iterable<string>>,
  rest: () => string = () => '',
): Iterable<string> {
  const head = JSON.stringify(fields).slice(0, -1);
  yield `${head}${head === '{' ? '' : ','}${JSON.stringify(name)}:[`;
  let isFirst = true;
  for (const item of items) {
    let isBegun = false;
    for (const piece of item) {
      yield piece === '' || isBegun || isFirst ? piece : `,${piece}`;
      if (piece !== '') [isBegun, isFirst] = [true, false];
    }
  }
  yield `]${rest()}}`;
}
