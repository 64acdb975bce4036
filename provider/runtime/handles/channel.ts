// A channel between two threads or processes that passes messages, and handles of sockets with them.
import { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { getSystemErrorName } from 'node:util';
import { HANDLE_KINDS, type Handle, handleBindings, type PipeHandle } from './bindings.ts';

/** Limit for one message in characters. A longer one ends the channel. */
const MAX_MESSAGE = 512 * 1024 * 1024;

/** A message as it is sent: one line of JSON. */
interface Envelope {
  readonly message: unknown;
  /** True if a handle comes with the message. */
  readonly hasHandle: boolean;
}

export interface ChannelEnd {
  /** Called for each message, in the order of sending. */
  onMessage(message: unknown, handle: Handle | undefined): void;
  /** Called once when the other end has closed the channel or has ended. */
  onClose(): void;
}

export class Channel {
  readonly #pipe: PipeHandle;
  readonly #end: ChannelEnd;
  readonly #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #length = 0;
  /** Handles that have arrived before the whole of their messages. */
  readonly #handles: Handle[] = [];
  #isClosed = false;

  /** Connects to a Unix domain socket. Rejects with the error of the system call. */
  static async connect(path: string, endOf: (channel: Channel) => ChannelEnd): Promise<Channel> {
    const { Pipe, PipeConnectWrap } = handleBindings;
    const pipe = new Pipe(HANDLE_KINDS.IPC);
    const { promise, resolve } = Promise.withResolvers<number>();
    const request = new PipeConnectWrap();
    request.oncomplete = resolve;
    const status = pipe.connect(request, path) || (await promise);
    if (status === 0) return new Channel(pipe, endOf);
    pipe.close();
    const code = getSystemErrorName(status);
    throw Object.assign(new Error(`connect ${code} ${path}`), { code, errno: status, syscall: 'connect' });
  }

  /** Takes a pipe that is connected and passes handles. */
  constructor(pipe: PipeHandle, endOf: (channel: Channel) => ChannelEnd) {
    this.#pipe = pipe;
    this.#end = endOf(this);
    pipe.onread = (bytes) => this.#read(bytes);
    pipe.readStart();
  }

  /** Sends a message, with a copy of a handle if one is given. Does nothing once the channel is closed. */
  send(message: unknown, handle?: Handle): void {
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
    if (bytes === undefined || count < 0) {
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
    if (this.#length > MAX_MESSAGE) this.#lost();
  }

  #receive(line: string): void {
    if (this.#isClosed) return;
    let envelope: Envelope;
    try {
      envelope = JSON.parse(line);
    } catch {
      this.#lost();
      return;
    }
    this.#end.onMessage(envelope.message, envelope.hasHandle ? this.#handles.shift() : undefined);
  }

  #lost(): void {
    if (this.#isClosed) return;
    this.close();
    this.#end.onClose();
  }
}
