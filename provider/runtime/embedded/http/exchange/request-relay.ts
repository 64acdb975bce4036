// The request side of an exchange: takes the body from the client, writes it to the target, and keeps it for a retry.
import type { Connection } from '../../io/connection.ts';
import type { BodyPart } from '../message/body.ts';
import { framePart } from '../message/body-framing.ts';
import { CHUNKED } from '../message/framing.ts';
import { MAX_REPLAY_BYTES, ReplayBuffer } from '../message/replay-buffer.ts';
import type { Request } from '../message/request.ts';
import { keepOutput } from '../message/scratch.ts';

/** The request side of one exchange; reused for the next exchange of the client connection. */
export class RequestRelay {
  readonly #replay = new ReplayBuffer();
  /** True if the target gets the request's body as chunks. */
  #isChunked = false;
  #isDone = true;
  #isBlocked = false;
  /** The framing of the request's body: its length, or CHUNKED. */
  #framing = 0;
  #bodyBytes = 0;

  /** How many bytes of the request's body were received so far, with the framing that the target gets. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** True once the whole request body was received from the client. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** True if no more of the body may be taken until `unblock`. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** True once the whole request has left user space. */
  get isOut(): boolean {
    return this.#isDone && !this.#isBlocked;
  }

  /** True if all that was received of the request has left user space. */
  get isWritten(): boolean {
    return !this.#isBlocked;
  }

  /** True if another target can still get the same request from its first byte. */
  get isRepeatable(): boolean {
    return this.#replay.isWhole;
  }

  /**
   * True if another target will be able to get the same request even after its last byte was sent. The size of a
   * chunked body is unknown until its end was received.
   */
  get isRepeatableToEnd(): boolean {
    if (!this.#replay.isWhole || this.#replay.isFull) return false;
    return this.#isDone || (!this.#isChunked && this.#framing < MAX_REPLAY_BYTES);
  }

  /** Starts with a new request, whose body begins with `part`. */
  start({ framing }: Request, part: BodyPart): void {
    this.#framing = framing;
    this.#isChunked = framing === CHUNKED;
    this.#isDone = part.isLast;
    this.#isBlocked = false;
    this.#bodyBytes = 0;
    this.#replay.reset();
    if (part.fault !== undefined) return;
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to === from) return;
    this.#bodyBytes = to - from;
    this.#replay.add(output, from, to);
  }

  /** Keeps a part of the body while no target has the request yet. */
  hold(part: BodyPart): void {
    this.#isDone = part.isLast;
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to === from) return;
    this.#bodyBytes += to - from;
    this.#replay.add(output, from, to);
    this.#isBlocked = this.#replay.isFull;
  }

  /** Writes a part of the body to the target. `connection` is `undefined` if no target wants the rest. */
  relay(part: BodyPart, connection: Connection | undefined): void {
    this.#isDone = part.isLast;
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to === from) return;
    this.#bodyBytes += to - from;
    this.#replay.addIfItFits(output, from, to);
    if (connection === undefined || connection.write(output.subarray(from, to))) return;
    keepOutput(output);
    this.#isBlocked = true;
  }

  /**
   * Writes the head and all kept parts of the body. Returns `false` if they are queued, which blocks the body. The target
   * is asked to close the connection if `isLast`.
   */
  send(head: string, isReplayable: boolean, connection: Connection, isLast: boolean): boolean {
    const replay = this.#replay;
    const sent = isLast ? `${head.slice(0, -2)}Connection: close\r\n\r\n` : head;
    const isWritten = connection.write(replay.isEmpty ? sent : sent + replay.text());
    if (!isReplayable || replay.isFull) replay.forget();
    if (!isWritten) this.#isBlocked = true;
    return isWritten;
  }

  /** Unblocks the request's body. Returns `true` if it was blocked. */
  unblock(): boolean {
    const wasBlocked = this.#isBlocked;
    this.#isBlocked = false;
    return wasBlocked;
  }

  /** Forgets the kept parts of the body: from now on no other target may get this request. */
  settle(): void {
    this.#replay.forget();
  }

  /** Frees the kept parts of the request's body. */
  clear(): void {
    this.#isBlocked = false;
    this.#replay.reset();
  }
}
