// The socket at which systemd would listen for the messages of a service.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory, until } from './runtime.ts';

/** Receives datagrams at a Unix socket, which Node cannot, and writes each as one line. */
const RECEIVE = [
  'import socket, sys',
  's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)',
  's.bind(sys.argv[1])',
  'print("bound", flush=True)',
  'while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)',
].join('\n');

export class NotifySocket {
  readonly path: string;
  #told = '';

  private constructor(path: string) {
    this.path = path;
  }

  static async open(t: Pick<TestContext, 'after'>): Promise<NotifySocket> {
    const notified = new NotifySocket(join(temporaryDirectory(t), 'notify'));
    const receiver = spawn('python3', ['-c', RECEIVE, notified.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => receiver.kill('SIGKILL'));
    receiver.stdout.setEncoding('utf8').on('data', (text) => {
      notified.#told += text;
    });
    await until('the receiver', () => notified.#told !== '' || undefined);
    return notified;
  }

  /** Resolves when messages with all these parts have come. */
  async has(...parts: readonly string[]): Promise<void> {
    await until(`the message ${parts}`, () => parts.every((part) => this.#told.includes(part)) || undefined);
  }
}
