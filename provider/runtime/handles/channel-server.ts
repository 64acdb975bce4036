// A Unix domain socket at which channels are accepted.
import { getSystemErrorName } from 'node:util';
import { HANDLE_KINDS, handleBindings, type PipeHandle } from './bindings.ts';
import { Channel, type ChannelEnd } from './channel.ts';

const BACKLOG = 64;

export class ChannelServer {
  readonly #pipe: PipeHandle;

  /**
   * Listens at a path; one that begins with NUL is a name of Linux without a file. `onBound` is called before anybody can
   * connect. Throws the error of the system call, with its `code`.
   */
  constructor(path: string, endOf: (channel: Channel) => ChannelEnd, onBound: () => void = () => {}) {
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
      new Channel(pipe, endOf);
    };
  }

  close(): void {
    this.#pipe.close();
  }

  #demand(syscall: string, status: number): void {
    if (status === 0) return;
    this.#pipe.close();
    const code = getSystemErrorName(status);
    throw Object.assign(new Error(`${syscall} ${code}`), { code, errno: status, syscall });
  }
}
