// Conformance scenarios of logins that belong to a connection: nobody is served as somebody else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import type { Scenario } from '../harness/conformance/world.ts';
import { loginBackend } from '../harness/engine/login-backend.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { until } from '../harness/runtime/runtime.ts';

const USERS = 6;
const ROUNDS = 20;
const UNCHECKED = { healthCheck: { protocol: 'none' } };
const LISTENERS = {
  HTTP: { protocol: 'HTTP' },
  'HTTP, sticky': { protocol: 'HTTP', stickySession: { type: 'cookie' } },
  'HTTP, least connections': { protocol: 'HTTP', algorithm: 'weighted-least-connections' },
  HTTPS: { protocol: 'HTTPS', certificates: { site: makePair(['a']) } },
};

/** A client with one connection, which keeps no cookies. */
class Client {
  readonly #agent: HttpAgent;
  readonly #port: number;

  constructor(isSecure: boolean, port: number) {
    this.#agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
    this.#port = port;
  }

  /** Returns the user whom the backend names in its response. */
  async ask(method: string, authorization?: string): Promise<string> {
    const make = this.#agent instanceof HttpsAgent ? httpsRequest : httpRequest;
    const sent = make({
      ...{ host: '127.0.0.1', port: this.#port, method, agent: this.#agent, rejectUnauthorized: false },
      headers: authorization === undefined ? {} : { authorization },
    });
    sent.end(method === 'POST' ? 'hello' : undefined);
    const [response] = await once(sent, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return text.split(' ')[1] as string;
  }

  close(): void {
    this.#agent.destroy();
  }
}

const scenarios = Object.entries(LISTENERS).map(
  ([name, listener]): Scenario => ({
    name: `${name}: each user is served as this user only, whatever the method, and the targets' connections end with the clients'`,
    listener: { ...UNCHECKED, ...listener },
    flags: ['--workers', '2'],
    run: async ({ bind, port }, t) => {
      const backends = [await loginBackend(t, 'a'), await loginBackend(t, 'b')];
      const targets = backends.map(({ port: at }, index) => ({
        address: '127.0.0.1',
        port: at,
        weight: 30 + 40 * index,
      }));
      await bind(Object.fromEntries(targets.map((target, index) => [`t${index}`, target])));
      const clients = Array.from({ length: 2 * USERS }, () => new Client(listener.protocol === 'HTTPS', port));
      await Promise.all(
        clients.map(async (client, index) => {
          const user = index < USERS ? `user${index}` : 'nobody';
          const scheme = index % 2 === 0 ? 'NTLM' : 'Negotiate';
          const method = index % 3 === 0 ? 'POST' : 'GET';
          if (user !== 'nobody') {
            for (const token of ['begin', `user-${user}`]) await client.ask(method, `${scheme} ${token}`);
          }
          const said = new Set<string>();
          for (let round = 0; round < ROUNDS; round++) said.add(await client.ask(round % 2 === 0 ? 'GET' : 'POST'));
          assert.deepEqual([...said], [user]);
        }),
      );
      for (const client of clients) client.close();
      const peers = backends.flatMap(({ peers: ofBackend }) => ofBackend);
      await until('the end of the connections', () => peers.every(({ isEnded, isClosed }) => isEnded || isClosed));
    },
  }),
);

testOnEachEngine(scenarios);
