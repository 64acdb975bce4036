// The listening sockets that the main thread passes to this worker: duplicates of those that it owns.
import type { Handle } from '../../handles/bindings.ts';
import { Channel } from '../../handles/channel.ts';
import type { HandleQuestion, HandleReply, HandlesAt } from '../shared/handle-messages.ts';

interface Question {
  readonly handles: Handle[];
  readonly resolve: (handles: Handle[]) => void;
  readonly reject: (error: Error) => void;
}

export class PassedHandles {
  readonly #at: HandlesAt;
  readonly #workerId: number;
  readonly #questions = new Map<string, Question>();
  #channel: Promise<Channel> | undefined;

  constructor(at: HandlesAt, workerId: number) {
    this.#at = at;
    this.#workerId = workerId;
  }

  /** The worker's sockets of an endpoint, given by name: at least one. Rejects if the main thread has none. */
  async of(endpoint: string): Promise<readonly Handle[]> {
    this.#channel ??= Channel.connect(this.#at.path, () => ({
      onMessage: (message, handle) => this.#receive(message as HandleReply, handle),
      onClose: () => this.#lost(),
    }));
    const channel = await this.#channel;
    const { promise, resolve, reject } = Promise.withResolvers<Handle[]>();
    this.#questions.set(endpoint, { handles: [], resolve, reject });
    const question: HandleQuestion = { secret: this.#at.secret, workerId: this.#workerId, endpoint };
    channel.send(question);
    return await promise;
  }

  #receive({ endpoint, isLast }: HandleReply, handle: Handle | undefined): void {
    const question = this.#questions.get(endpoint);
    if (handle !== undefined && question === undefined) handle.close();
    else if (handle !== undefined) question?.handles.push(handle);
    if (!isLast || question === undefined) return;
    this.#questions.delete(endpoint);
    if (question.handles.length > 0) question.resolve(question.handles);
    else question.reject(new Error(`the main thread has no socket for ${endpoint}`));
  }

  #lost(): void {
    for (const { reject } of this.#questions.values()) reject(new Error('the main thread has closed the channel'));
    this.#questions.clear();
  }
}
