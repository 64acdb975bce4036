// The request's side of an exchange: takes its body from the client, keeps what another target may need, and writes it on.
import type { Connection } from '../../io/connection.ts';
import type { BodyPart } from '../message/body.ts';
import { framePart } from '../message/body-framing.ts';
import { CHUNKED } from '../message/framing.ts';
import { ReplayBuffer } from '../message/replay-buffer.ts';
import type { Request } from '../message/request.ts';
import { keepOutput } from '../message/scratch.ts';

/** One a connection, reused. */
export class RequestRelay {
  readonly #replay = new ReplayBuffer();
  /** The target gets the body as chunks. */
  #isChunked = false;
  #isDone = true;
  #isBlocked = false;

  /** The body came, whole. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** True: take no more of the body until unblock(). */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** The request left user space, whole. */
  get isOut(): boolean {
    return this.#isDone && !this.#isBlocked;
  }

  /** Another target may still get everything that one got. */
  get isRepeatable(): boolean {
    return this.#replay.isWhole;
  }

  /** A new request, whose body begins with `part`. */
  start({ framing }: Request, part: BodyPart): void {
    this.#isChunked = framing === CHUNKED;
    this.#isDone = part.isLast;
    this.#isBlocked = false;
    this.#replay.reset();
    if (part.fault !== undefined) return;
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to > from) this.#replay.add(output, from, to);
  }

  /** No target has the request yet: keeps what came. */
  hold(part: BodyPart): void {
    this.#isDone = part.isLast;
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to === from) return;
    this.#replay.add(output, from, to);
    this.#isBlocked = this.#replay.isFull;
  }

  /** Writes what came to the target that has the request; `connection` undefined: nobody wants it any more. */
  relay(part: BodyPart, connection: Connection | undefined): void {
    this.#isDone = part.isLast;
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to === from) return;
    this.#replay.addIfItFits(output, from, to);
    if (connection === undefined || connection.write(output.subarray(from, to))) return;
    keepOutput(output);
    this.#isBlocked = true;
  }

  /** The head, and all that came of the body so far, in one write. False: it waits, and the body is blocked. */
  send({ head, isReplayable }: Request, connection: Connection): boolean {
    const replay = this.#replay;
    const isWritten = connection.write(replay.isEmpty ? head : head + replay.text());
    if (!isReplayable || replay.isFull) replay.forget();
    if (!isWritten) this.#isBlocked = true;
    return isWritten;
  }

  /** True: it was blocked. */
  unblock(): boolean {
    const wasBlocked = this.#isBlocked;
    this.#isBlocked = false;
    return wasBlocked;
  }

  /** From now on no other target may get this request. */
  settle(): void {
    this.#replay.forget();
  }

  /** Lets go of what it keeps. */
  clear(): void {
    this.#isBlocked = false;
    this.#replay.reset();
  }
}
