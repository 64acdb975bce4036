// A Unix domain socket at which channels are accepted.
import { HANDLE_KINDS, handleBindings, type PipeHandle } from './bindings.ts';
import { Channel, type ChannelEnd } from './channel.ts';
import { libuvError } from './libuv-error.ts';

const BACKLOG = 1024;

interface ChannelServerOptions {
  /** Called before anybody can connect. */
  readonly onBound?: () => void;
  /** Limit for one message in characters. */
  readonly maxMessage?: number;
}

export class ChannelServer {
  readonly #pipe: PipeHandle;

  /**
   * Listens at a path; one that begins with NUL is a name of Linux without a file, to which every process of the machine
   * can connect. Throws the error of the system call, with its `code`.
   */
  constructor(
    path: string,
    endOf: (channel: Channel) => ChannelEnd,
    { onBound = () => {}, maxMessage }: ChannelServerOptions = {},
  ) {
    this.#pipe = new handleBindings.Pipe(HANDLE_KINDS.SERVER);
    this.#demand('bind', this.#pipe.bind(path));
    onBound();
    this.#demand('listen', this.#pipe.listen(BACKLOG));
    this.#pipe.onconnection = (status, client) => {
      if (status !== 0 || client === undefined) return;
      // Node accepts only pipes that pass no handles. The accepted handle gives its descriptor to one that does, and is
      // never closed, because the descriptor may belong to something else by then.
      const pipe = new handleBindings.Pipe(HANDLE_KINDS.IPC);
      pipe.open(client.fd);
      new Channel(pipe, endOf, maxMessage);
    };
  }

  close(): void {
    this.#pipe.close();
  }

  #demand(syscall: string, status: number): void {
    if (status === 0) return;
    this.#pipe.close();
    throw libuvError(syscall, status);
  }
}
