// The process that this one takes over from, as this one sees it: what it hands over, and what it still serves.

import { resultWithin } from '../../model/base/deadline.ts';
import type { CarriedLease } from '../control/leases/lease-table.ts';
import type { EndpointSocket } from '../embedded/main-thread/listening-handles.ts';
import type { CarriedState } from '../embedded/shared/carried-state.ts';
import type { Handle } from '../handles/bindings.ts';
import { Channel } from '../handles/channel.ts';
import type { ObjectChange } from '../stored/object.ts';
import type { FromPredecessor, FromSuccessor, LeftConnections } from './messages.ts';
import { withShortPath } from './socket-path.ts';

/** Errors of a connect that say that no process listens. */
const NOBODY: readonly unknown[] = ['ENOENT', 'ECONNREFUSED'];
/** Limit for a step of the take-over after which this process gives up. */
const STEP_MS = 60_000;
/** How long this process waits for the one before when it serves already. */
const SERVED_MS = 5_000;
const NONE_LEFT: LeftConnections = { open: {}, active: {}, draining: [] };

export class Predecessor {
  readonly sockets: EndpointSocket[] = [];
  /** The socket of the API. `undefined` if the process ended before it passed it. */
  api: { readonly host: string; readonly port: number; readonly handle: Handle } | undefined;
  carried: CarriedState | undefined;
  /** Id of the process; 0 if it ended before it said it. */
  pid = 0;
  /** Called when the connections that the process has left change. */
  onLeft: (left: LeftConnections) => void = () => {};
  #channel!: Channel;
  #left = NONE_LEFT;
  #isGone = false;
  /** True while a response of the process is late. Nothing waits for it then. */
  #isLate = false;
  #isReplaced = false;
  readonly #onLate: (message: string) => void;
  #nextId = 1;
  readonly #waiting = new Map<string, (message: FromPredecessor | undefined) => void>();

  /**
   * Asks the process that serves the data directory for everything. Returns `undefined` if there is none. Throws an
   * `Error` for the terminal if it does not hand over now. `onLate`: called with a line for the log when the process that
   * was replaced does not respond.
   */
  static async ask(socketPath: string, onLate: (message: string) => void): Promise<Predecessor | undefined> {
    const predecessor = new Predecessor(onLate);
    try {
      predecessor.#channel = await withShortPath(socketPath, (path) =>
        Channel.connect(path, () => ({
          onMessage: (message, handle) => predecessor.#receive(message as FromPredecessor, handle),
          onClose: () => predecessor.#gone(),
        })),
      );
    } catch (error) {
      if (NOBODY.includes((error as NodeJS.ErrnoException).code)) return undefined;
      throw new Error(`the running runtime cannot be asked to hand over: ${(error as Error).message}`, {
        cause: error,
      });
    }
    const response = await predecessor.#demand({ type: 'takeOver', pid: process.pid }, 'state');
    if (response?.type === 'busy') {
      predecessor.#channel.close();
      throw new Error(`the running runtime does not hand over now (SystemBusy): ${response.reason}`);
    }
    return predecessor;
  }

  private constructor(onLate: (message: string) => void) {
    this.#onLate = onLate;
  }

  /** True once the process has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Connections that the process still has open. */
  get left(): LeftConnections {
    return this.#left;
  }

  /** Resolves when the process has given up the data directory, has ended, or stands still: then its lock decides. */
  async release(): Promise<void> {
    await this.#wait(this.#ask({ type: 'prepared' }, 'released'), STEP_MS);
  }

  /**
   * Tells the process that this one serves. Resolves when it accepts no connection any more, or has ended, with the
   * leases of group members that it had.
   */
  async replace(): Promise<readonly CarriedLease[]> {
    const response = await this.#wait(this.#ask({ type: 'serving' }, 'left'));
    return response?.type === 'left' ? (response.leases ?? []) : [];
  }

  /**
   * Sends changes that are stored. Resolves when the process serves them, has ended, or stands still. Rejects if it cannot
   * serve them.
   */
  async serve(version: number, changes: readonly ObjectChange[]): Promise<void> {
    const id = this.#nextId++;
    const response = await this.#wait(this.#ask({ type: 'changes', id, version, changes }, `served ${id}`));
    if (response?.type === 'served' && response.error !== undefined)
      throw new Error(`the process ${this.pid}, which lets its connections finish, cannot serve: ${response.error}`);
  }

  /** Tells the process that everything of it is replaced, so that it may end. */
  ready(): void {
    this.#isReplaced = true;
    this.#send({ type: 'ready' });
  }

  /** Tells the process that this one ends on purpose. One that is not replaced yet serves again. */
  close(): void {
    if (this.#isReplaced) this.#send({ type: 'stopping' });
  }

  /** Asks before the process is replaced. Throws an `Error` for the terminal if it does not respond. */
  async #demand(message: FromSuccessor, response: string): Promise<FromPredecessor | undefined> {
    const received = await resultWithin(this.#ask(message, response), STEP_MS);
    if (received !== undefined) return received.result;
    this.#channel.close();
    this.#gone();
    throw new Error(`the running runtime does not respond within ${STEP_MS / 1000} s: end it, and start without it`);
  }

  /** Waits for a response that this process can do without, unless another one is late already. */
  async #wait(
    response: Promise<FromPredecessor | undefined>,
    limitMs = SERVED_MS,
  ): Promise<FromPredecessor | undefined> {
    const received = this.#isLate ? undefined : await resultWithin(response, limitMs);
    if (received !== undefined) return received.result;
    if (!this.#isLate)
      this.#onLate(`process ${this.pid}, from which this one has taken over, does not respond: nothing waits for it`);
    this.#isLate = true;
    void response.then(() => {
      this.#isLate = false;
    });
    return undefined;
  }

  /** Sends a message. Returns the response with the given name, or `undefined` if the process has ended. */
  async #ask(message: FromSuccessor, response: string): Promise<FromPredecessor | undefined> {
    if (this.#isGone) return undefined;
    const { promise, resolve } = Promise.withResolvers<FromPredecessor | undefined>();
    this.#waiting.set(response, resolve);
    this.#send(message);
    return await promise;
  }

  #send(message: FromSuccessor): void {
    this.#channel.send(message);
  }

  #receive(message: FromPredecessor, handle: Handle | undefined): void {
    switch (message.type) {
      case 'socket':
        if (handle !== undefined) this.sockets.push({ endpoint: message.endpoint, handle });
        return;
      case 'api':
        if (handle !== undefined) this.api = { ...message, handle };
        return;
      case 'connections':
        this.#setLeft(message.left);
        return;
      case 'state':
        this.pid = message.pid;
        this.carried = message.carried;
        break;
      case 'busy':
        this.#respond('state', message);
        return;
    }
    this.#respond(message.type === 'served' ? `served ${message.id}` : message.type, message);
  }

  #respond(name: string, message: FromPredecessor): void {
    this.#waiting.get(name)?.(message);
    this.#waiting.delete(name);
  }

  #setLeft(left: LeftConnections): void {
    this.#left = left;
    this.onLeft(left);
  }

  #gone(): void {
    this.#isGone = true;
    this.#setLeft(NONE_LEFT);
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}
