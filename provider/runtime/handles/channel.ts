// A channel between two threads or processes that passes messages, and handles of sockets with them.
import { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { HANDLE_KINDS, type Handle, handleBindings, type PipeHandle } from './bindings.ts';
import { libuvError } from './libuv-error.ts';

/** Default limit for one message in characters. A longer one ends the channel. */
const MAX_MESSAGE = 256 * 1024 * 1024;

/** How many handles may have arrived before the whole of their messages: a read may end one message and begin another. */
const MAX_HANDLES = 2;

/** How long, and how often, a connect is tried at a socket whose queue is full. */
const FULL_QUEUE_MS = 5_000;
const RETRY_MS = 10;

/** A message as it is sent: one line of JSON. */
interface Envelope {
  readonly message: object;
  /** True if a handle comes with the message. */
  readonly hasHandle: boolean;
}

export interface ChannelEnd {
  /** Called for each message, in the order of sending. The other end may be any program that can connect. */
  onMessage(message: object, handle: Handle | undefined): void;
  /** Called once when the other end has closed the channel or has ended. */
  onClose(): void;
}

export class Channel {
  readonly #pipe: PipeHandle;
  readonly #end: ChannelEnd;
  readonly #maxMessage: number;
  readonly #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #length = 0;
  /** Handles that have arrived before the whole of their messages. */
  readonly #handles: Handle[] = [];
  #isClosed = false;

  /** Connects to a Unix domain socket. Rejects with the error of the system call. */
  static async connect(path: string, endOf: (channel: Channel) => ChannelEnd): Promise<Channel> {
    const { Pipe, PipeConnectWrap } = handleBindings;
    for (const deadlineMs = performance.now() + FULL_QUEUE_MS; ; ) {
      const pipe = new Pipe(HANDLE_KINDS.IPC);
      const { promise, resolve } = Promise.withResolvers<number>();
      const request = new PipeConnectWrap();
      request.oncomplete = resolve;
      const status = pipe.connect(request, path) || (await promise);
      if (status === 0) return new Channel(pipe, endOf);
      pipe.close();
      const error = libuvError('connect', status, { path });
      // The kernel lets nobody wait whose connection does not fit into the queue of a Unix domain socket.
      if (error.code !== 'EAGAIN' || performance.now() > deadlineMs) throw error;
      await delay(RETRY_MS);
    }
  }

  /** Takes a pipe that is connected and passes handles. */
  constructor(pipe: PipeHandle, endOf: (channel: Channel) => ChannelEnd, maxMessage = MAX_MESSAGE) {
    this.#pipe = pipe;
    this.#maxMessage = maxMessage;
    this.#end = endOf(this);
    pipe.onread = (bytes) => this.#read(bytes);
    pipe.readStart();
  }

  /** Sends a message, with a copy of a handle if one is given. Does nothing once the channel is closed. */
  send(message: object, handle?: Handle): void {
    if (this.#isClosed) return;
    const envelope: Envelope = { message, hasHandle: handle !== undefined };
    const { WriteWrap } = handleBindings;
    // The other end may be gone; then reading ends the channel.
    this.#pipe.writeUtf8String(new WriteWrap(), `${JSON.stringify(envelope)}\n`, handle);
  }

  /** Closes this end. `onClose` is not called for it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pipe.close();
    for (const handle of this.#handles.splice(0)) handle.close();
  }

  #read(bytes: ArrayBuffer | undefined): void {
    const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = handleBindings;
    const count = streamBaseState[kReadBytesOrError] as number;
    const { pendingHandle } = this.#pipe;
    this.#pipe.pendingHandle = null;
    if (pendingHandle) this.#handles.push(pendingHandle);
    if (bytes === undefined || count < 0 || this.#handles.length > MAX_HANDLES) {
      this.#lost();
      return;
    }
    const text = this.#decoder.write(Buffer.from(bytes, streamBaseState[kArrayBufferOffset], count));
    const lines = text.split('\n');
    const last = lines.pop() as string;
    for (const line of lines) {
      this.#parts.push(line);
      const whole = this.#parts.join('');
      this.#parts = [];
      this.#length = 0;
      this.#receive(whole);
    }
    this.#parts.push(last);
    this.#length += last.length;
    if (this.#length > this.#maxMessage) this.#lost();
  }

  #receive(line: string): void {
    if (this.#isClosed) return;
    const envelope = line.length > this.#maxMessage ? undefined : envelopeIn(line);
    if (envelope === undefined) this.#lost();
    else this.#end.onMessage(envelope.message, envelope.hasHandle ? this.#handles.shift() : undefined);
  }

  #lost(): void {
    if (this.#isClosed) return;
    this.close();
    this.#end.onClose();
  }
}

/** Returns `undefined` for a line that no channel sends. */
function envelopeIn(line: string): Envelope | undefined {
  try {
    const { message, hasHandle }: Partial<Envelope> = JSON.parse(line);
    return typeof message === 'object' && message !== null ? { message, hasHandle: hasHandle === true } : undefined;
  } catch {
    return undefined;
  }
}
