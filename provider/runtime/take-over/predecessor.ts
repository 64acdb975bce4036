// The process that this one takes over from, as this one sees it: what it hands over, and what it still serves.
import type { EndpointSocket } from '../embedded/main-thread/listening-handles.ts';
import type { CarriedState } from '../embedded/shared/carried-state.ts';
import type { Handle } from '../handles/bindings.ts';
import { Channel } from '../handles/channel.ts';
import type { ObjectChange } from '../stored/object.ts';
import type { FromPredecessor, FromSuccessor, LeftConnections } from './messages.ts';
import { withShortPath } from './socket-path.ts';

/** Errors of a connect that say that no process listens. */
const NOBODY: readonly unknown[] = ['ENOENT', 'ECONNREFUSED'];
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
  #nextId = 1;
  readonly #waiting = new Map<string, (message: FromPredecessor | undefined) => void>();

  /**
   * Asks the process that serves the data directory for everything. Returns `undefined` if there is none. Throws an
   * `Error` for the terminal if it does not hand over now.
   */
  static async ask(socketPath: string): Promise<Predecessor | undefined> {
    const predecessor = new Predecessor();
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
    const response = await predecessor.#ask({ type: 'takeOver', pid: process.pid }, 'state');
    if (response?.type === 'busy') {
      predecessor.#channel.close();
      throw new Error(`the running runtime does not hand over now (SystemBusy): ${response.reason}`);
    }
    return predecessor;
  }

  /** True once the process has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Connections that the process still has open. */
  get left(): LeftConnections {
    return this.#left;
  }

  /** Resolves when the process has given up the data directory, or has ended. */
  async release(): Promise<void> {
    await this.#ask({ type: 'prepared' }, 'released');
  }

  /** Tells the process that this one serves. Resolves when it accepts no connection any more, or has ended. */
  async replace(): Promise<void> {
    await this.#ask({ type: 'serving' }, 'left');
  }

  /**
   * Sends changes that are stored. Resolves when the process serves them, or has ended. Rejects if it cannot serve them.
   */
  async serve(version: number, changes: readonly ObjectChange[]): Promise<void> {
    const id = this.#nextId++;
    const response = await this.#ask({ type: 'changes', id, version, changes }, `served ${id}`);
    if (response?.type === 'served' && response.error !== undefined)
      throw new Error(`the process ${this.pid}, which lets its connections finish, cannot serve: ${response.error}`);
  }

  /** Tells the process that everything of it is replaced, so that it may end. */
  ready(): void {
    this.#send({ type: 'ready' });
  }

  /** Tells the process that this one ends on purpose. */
  close(): void {
    this.#send({ type: 'stopping' });
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
