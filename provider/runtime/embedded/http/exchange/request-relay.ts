// The request's side of an exchange: takes its body from the client, keeps what another target may need, and writes it on.
import type { Connection } from '../../io/connection.ts';
import { Body } from '../message/body.ts';
import { CHUNKED } from '../message/framing.ts';
import type { Refusal } from '../message/refusal.ts';
import { ReplayBuffer } from '../message/replay-buffer.ts';
import type { Request } from '../message/request.ts';

/** One a connection, reused. */
export class RequestRelay {
  readonly #body = new Body();
  readonly #replay = new ReplayBuffer();
  #isBlocked = false;

  /** The body came, whole. */
  get isDone(): boolean {
    return this.#body.isDone;
  }

  /** True: take no more of the body until unblock(). */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** The request left user space, whole. */
  get isOut(): boolean {
    return this.#body.isDone && !this.#isBlocked;
  }

  /** Another target may still get everything that one got. */
  get isRepeatable(): boolean {
    return this.#replay.isWhole;
  }

  /** Set once the body is malformed. */
  get fault(): Refusal | undefined {
    return this.#body.fault;
  }

  /** A new request, whose body may begin at bytes[from..). Returns the place after what it took. */
  start(framing: number, bytes: Buffer, from: number): number {
    this.#isBlocked = false;
    this.#replay.reset();
    const body = this.#body;
    body.start(framing, framing === CHUNKED);
    const end = body.push(bytes, from, bytes.length);
    if (body.hasOutput && body.fault === undefined) this.#replay.add(body.output, body.outputFrom, body.outputTo);
    return end;
  }

  /** Takes more of the body, for hold() or relay() in the same tick; returns the place after what it took. */
  push(bytes: Buffer): number {
    return this.#body.push(bytes, 0, bytes.length);
  }

  /** No target has the request yet: keeps what came. */
  hold(): void {
    const { output, outputFrom, outputTo, hasOutput } = this.#body;
    if (!hasOutput) return;
    this.#replay.add(output, outputFrom, outputTo);
    this.#isBlocked = this.#replay.isFull;
  }

  /** Writes what came to the target that has the request; `socket` undefined: nobody wants it any more. */
  relay(socket: Connection | undefined): void {
    const body = this.#body;
    const { output, outputFrom, outputTo, hasOutput } = body;
    if (!hasOutput) return;
    this.#replay.addIfItFits(output, outputFrom, outputTo);
    if (socket === undefined || socket.write(output.subarray(outputFrom, outputTo))) return;
    body.keepOutput();
    this.#isBlocked = true;
  }

  /** The head, and all that came of the body so far, in one write. False: it waits, and the body is blocked. */
  send({ head, isReplayable }: Request, socket: Connection): boolean {
    const replay = this.#replay;
    const isWritten = socket.write(replay.isEmpty ? head : head + replay.text());
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
