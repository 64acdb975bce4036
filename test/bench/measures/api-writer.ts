// A client of the API that costs little: kept connections, and the minimal response of each write.
import { Agent, request } from 'node:http';
import type { RuntimeProcess } from '../../harness/runtime/runtime.ts';
import type { CleanUp } from '../clean-up.ts';

export class ApiWriter {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #headers: Readonly<Record<string, string>>;

  constructor(cleanUp: CleanUp, runtime: RuntimeProcess) {
    this.#url = runtime.url;
    this.#headers = {
      authorization: `Bearer ${runtime.token}`,
      'content-type': 'application/json',
      prefer: 'return=minimal',
    };
    cleanUp.after(() => this.#agent.destroy());
  }

  /** Changes targets of an attachment. Returns the time to the response in milliseconds; rejects unless it is a 200. */
  patch(attachment: string, targets: object): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const startedAtMs = performance.now();
    const options = { method: 'PATCH', agent: this.#agent, headers: this.#headers };
    const sent = request(`${this.#url}/v1/attachments/${attachment}`, options, (response) => {
      response.on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startedAtMs);
        else reject(new Error(`the patch of ${attachment} got the status ${response.statusCode}`));
      });
      response.resume();
    });
    sent.on('error', reject).end(JSON.stringify({ targets }));
    return promise;
  }
}
