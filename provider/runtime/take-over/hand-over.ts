// The socket in the data directory at which a running process hands over to another one, and the steps of that.
import { chmodSync, rmSync } from 'node:fs';
import type { EndpointSocket } from '../embedded/main-thread/listening-handles.ts';
import type { CarriedState } from '../embedded/shared/carried-state.ts';
import type { Handle } from '../handles/bindings.ts';
import type { Channel, ChannelEnd } from '../handles/channel.ts';
import { ChannelServer } from '../handles/channel-server.ts';
import type { ObjectChange } from '../stored/object.ts';
import type { FromPredecessor, FromSuccessor, LeftConnections } from './messages.ts';
import { withShortPath } from './socket-path.ts';

/** What the running process does in each step. */
export interface HandingRuntime {
  /** Returns why nothing can be handed over now; `undefined` if it can. */
  obstacle(): string | undefined;
  /** Stores nothing from now on. Resolves when everything before is served. */
  pause(): Promise<void>;
  /** The listening sockets, and the state of balancing. */
  handed(): Promise<HandedParts>;
  /** Gives up the data directory. */
  release(): Promise<void>;
  /** Goes on as if nothing had been asked. Takes the data directory back if it was given up. */
  goOn(): Promise<void>;
  /** Stops accepting connections, and lets open ones finish. */
  leave(): Promise<void>;
  /** The other process does everything that this one did: it may end when the last connection has. */
  replaced(): void;
  /** Serves changes that the other process has stored to the connections that are open. */
  follow(version: number, changes: readonly ObjectChange[]): Promise<void>;
  left(): LeftConnections;
  /** The other process has ended without saying so, after this one has left. */
  abandoned(): void;
}

export interface HandedParts {
  readonly sockets: readonly EndpointSocket[];
  readonly api: { readonly host: string; readonly port: number; readonly handle: Handle };
  readonly carried: CarriedState;
}

type State = 'alone' | 'paused' | 'released' | 'left';
type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;

/** Limit from the question of another process until it serves. After it, this process goes on. */
const HAND_OVER_MS = 60_000;
/** Interval at which the other process is told of connections that are left, if their number has changed. */
const TELL_MS = 50;

export class HandOver {
  readonly #path: string;
  readonly #runtime: HandingRuntime;
  readonly #log: Log;
  #server: ChannelServer | undefined;
  #state: State = 'alone';
  /** The channel to the process that takes over. */
  #channel: Channel | undefined;
  #pid = 0;
  #timer: NodeJS.Timeout | undefined;
  #told = '';
  #isStopping = false;
  /** Settles when the last message is handled. The steps of a take-over are taken one after another. */
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, runtime: HandingRuntime, log: Log) {
    this.#path = path;
    this.#runtime = runtime;
    this.#log = log;
  }

  /** Listens. Only the runtime that holds the lock of the data directory may call this. */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    await withShortPath(this.#path, (path) => {
      this.#server = new ChannelServer(
        path,
        (channel) => this.#endOf(channel),
        () => chmodSync(path, 0o600),
      );
    });
  }

  /** Stops listening. The socket file goes, unless another process has its own there. */
  close(): void {
    clearInterval(this.#timer);
    this.#server?.close();
    this.#server = undefined;
    if (this.#state !== 'left') rmSync(this.#path, { force: true });
  }

  #endOf(channel: Channel): ChannelEnd {
    return {
      onMessage: (message) => this.#inTurn(() => this.#receive(channel, message as FromSuccessor)),
      onClose: () => {
        if (channel === this.#channel) this.#inTurn(() => this.#lost());
      },
    };
  }

  #inTurn(step: () => void | Promise<void>): void {
    this.#last = this.#last.then(step).catch((error) => {
      this.#log('error', 'a step of a take-over failed', { err: error });
      this.#channel?.close();
      return this.#lost();
    });
  }

  async #receive(channel: Channel, message: FromSuccessor): Promise<void> {
    if (message.type === 'takeOver') {
      await this.#begin(channel, message.pid);
      return;
    }
    if (channel !== this.#channel) return;
    switch (message.type) {
      case 'prepared':
        this.#state = 'released';
        await this.#runtime.release();
        this.#send({ type: 'released' });
        return;
      case 'serving':
        await this.#leave();
        return;
      case 'ready':
        this.#runtime.replaced();
        return;
      case 'changes':
        await this.#follow(message.id, message.version, message.changes);
        return;
      case 'stopping':
        this.#isStopping = true;
    }
  }

  async #begin(channel: Channel, pid: number): Promise<void> {
    const reason = this.#state === 'alone' ? this.#runtime.obstacle() : 'another process is taking it over';
    if (reason !== undefined) {
      channel.send({ type: 'busy', reason } satisfies FromPredecessor);
      return;
    }
    this.#log('info', 'another process takes over', { successor: pid });
    this.#state = 'paused';
    this.#channel = channel;
    this.#pid = pid;
    this.#timer = setTimeout(() => this.#inTurn(() => this.#late()), HAND_OVER_MS);
    await this.#runtime.pause();
    const { sockets, api, carried } = await this.#runtime.handed();
    for (const { endpoint, handle } of sockets) this.#send({ type: 'socket', endpoint }, handle);
    const { handle, ...address } = api;
    this.#send({ type: 'api', ...address }, handle);
    this.#send({ type: 'state', pid: process.pid, carried });
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#timer);
    this.#server?.close();
    this.#server = undefined;
    this.#state = 'left';
    await this.#runtime.leave();
    this.#tell();
    this.#send({ type: 'left' });
    this.#timer = setInterval(() => this.#tell(), TELL_MS);
  }

  async #follow(id: number, version: number, changes: readonly ObjectChange[]): Promise<void> {
    let error: string | undefined;
    try {
      await this.#runtime.follow(version, changes);
    } catch (cause) {
      error = (cause as Error).message;
    }
    // Before the response: a write that waits for connections to end must see those that are left.
    this.#tell();
    this.#send({ type: 'served', id, ...(error !== undefined && { error }) });
  }

  #tell(): void {
    const left = this.#runtime.left();
    const text = JSON.stringify(left);
    if (text === this.#told) return;
    this.#told = text;
    this.#send({ type: 'connections', left });
  }

  #late(): void {
    if (this.#state !== 'paused' && this.#state !== 'released') return;
    this.#channel?.close();
    return void this.#inTurn(() => this.#lost());
  }

  /** The other process has ended, or is too late. */
  async #lost(): Promise<void> {
    clearInterval(this.#timer);
    this.#channel = undefined;
    if (this.#state === 'left') {
      if (!this.#isStopping) this.#runtime.abandoned();
      return;
    }
    if (this.#state === 'alone') return;
    this.#log('warn', 'the process that was taking over has ended: this one goes on', { successor: this.#pid });
    await this.#runtime.goOn();
    this.#state = 'alone';
  }

  #send(message: FromPredecessor, handle?: Handle): void {
    this.#channel?.send(message, handle);
  }
}
