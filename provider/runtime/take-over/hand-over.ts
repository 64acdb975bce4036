// The socket in the data directory at which a running process hands over to another one, and the steps of that.
import { chmodSync, rmSync } from 'node:fs';
import { type Handle, handlesObstacle } from '../handles/bindings.ts';
import type { Channel, ChannelEnd } from '../handles/channel.ts';
import { ChannelServer } from '../handles/channel-server.ts';
import type { ObjectChange } from '../stored/object.ts';
import type { HandingRuntime } from './handing-runtime.ts';
import type { FromPredecessor, FromSuccessor } from './messages.ts';
import { withShortPath } from './socket-path.ts';

/** `stranded`: another process has ended, and has left a data directory that this one cannot take back. */
type State = 'alone' | 'paused' | 'released' | 'stranded' | 'left';
type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;

/** Limit from the question of another process until it serves. After it, this process goes on. */
const HAND_OVER_MS = 60_000;
/** Interval at which the other process is told of connections that are left, if their number has changed. */
const TELL_MS = 50;
/** How long the data directory is waited for while a process that has ended, or is ending, still has its lock. */
const FREED_MS = 5_000;
/** Interval at which a process without a data directory tries to take it back. */
const TAKE_BACK_MS = 1_000;

const STRANDED_REMEDY =
  'traffic goes on, and --take-over with a release that can use the data directory serves everything again';

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
    if (handlesObstacle !== undefined) return;
    try {
      rmSync(this.#path, { force: true });
      await withShortPath(this.#path, (path) => {
        this.#server = new ChannelServer(path, (channel) => this.#endOf(channel), {
          onBound: () => chmodSync(path, 0o600),
        });
      });
    } catch (error) {
      // Such as on a full disk. The runtime serves without it.
      this.#log('error', `no process can take over from this one: ${(error as Error).message}`, { socket: this.#path });
    }
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
    this.#last = this.#last.then(step).catch(async (error) => {
      this.#log('error', 'a step of a take-over failed', { err: error });
      this.#channel?.close();
      await this.#lost();
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
    const isFree = this.#state === 'alone' || this.#state === 'stranded';
    const reason = isFree ? this.#runtime.obstacle() : 'another process is taking it over';
    if (reason !== undefined) {
      channel.send({ type: 'busy', reason } satisfies FromPredecessor);
      return;
    }
    this.#log('info', 'another process takes over', { successor: pid });
    this.#state = 'paused';
    this.#channel = channel;
    this.#pid = pid;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#inTurn(() => this.#late()), HAND_OVER_MS);
    try {
      await this.#runtime.pause();
    } catch (error) {
      // Such as on a full disk.
      this.#send({ type: 'busy', reason: (error as Error).message });
      throw error;
    }
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
    const leases = await this.#runtime.leave();
    this.#tell();
    this.#send({ type: 'left', leases });
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

  async #late(): Promise<void> {
    const isPaused = this.#state === 'paused';
    if (!isPaused && this.#state !== 'released') return;
    const successor = this.#pid;
    if (isPaused || (await this.#goesOn({ waitMs: 0 }))) {
      this.#channel?.close();
      if (isPaused) await this.#lost('is too late');
      else this.#log('warn', 'the process that was taking over is too late: this one goes on', { successor });
      this.#channel = undefined;
      return;
    }
    // It serves when it goes on, or this process does when it has ended. Both at once would write different data.
    const message = 'nothing can be stored: the process that takes over has the data directory and does not serve';
    this.#log('error', `${message}: end it, or let it go on`, { successor });
    this.#timer = setTimeout(() => this.#inTurn(() => this.#late()), HAND_OVER_MS);
  }

  /** The other process has ended, or is too late. */
  async #lost(fault = 'has ended'): Promise<void> {
    clearInterval(this.#timer);
    this.#channel = undefined;
    if (this.#state === 'left') {
      if (!this.#isStopping) this.#runtime.abandoned();
      return;
    }
    if (this.#state === 'alone') return;
    const isFirst = this.#state !== 'stranded';
    if (isFirst)
      this.#log('warn', `the process that was taking over ${fault}: this one goes on`, { successor: this.#pid });
    if (await this.#goesOn({ waitMs: isFirst ? FREED_MS : 0, isTold: isFirst })) return;
    this.#state = 'stranded';
    this.#timer = setTimeout(() => {
      if (this.#state === 'stranded') this.#inTurn(() => this.#lost());
    }, TAKE_BACK_MS);
  }

  /** Takes the data directory back. Returns false if that fails. */
  async #goesOn({ waitMs, isTold = false }: { waitMs: number; isTold?: boolean }): Promise<boolean> {
    try {
      await this.#runtime.goOn(waitMs);
    } catch (error) {
      const { message: cause } = error as Error;
      if (isTold) this.#log('error', `nothing can be stored: ${cause}; ${STRANDED_REMEDY}`);
      this.#runtime.stranded({ cause, remedy: STRANDED_REMEDY });
      return false;
    }
    if (this.#state === 'stranded') this.#log('info', 'the data directory is taken back: writes are stored again');
    this.#state = 'alone';
    return true;
  }

  #send(message: FromPredecessor, handle?: Handle): void {
    this.#channel?.send(message, handle);
  }
}
