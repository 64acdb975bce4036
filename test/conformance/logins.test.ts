// Conformance scenarios of logins that belong to a connection: nobody is served as somebody else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import type { Scenario } from '../harness/conformance/world.ts';
import { ok, ScriptedBackend } from '../harness/engine/http-peers.ts';
import { loginBackend, nextHead } from '../harness/engine/login-backend.ts';
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

  /** Returns the second word of the backend's response, which names the user or the connection. */
  async ask(method: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const make = this.#agent instanceof HttpsAgent ? httpsRequest : httpRequest;
    const sent = make({
      ...{ host: '127.0.0.1', port: this.#port, method, agent: this.#agent, rejectUnauthorized: false },
      headers,
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
            for (const token of ['begin', `user-${user}`])
              await client.ask(method, { authorization: `${scheme} ${token}` });
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

/** Credentials and challenges, and whether their connection belongs to the client from then on. */
const SEEN: readonly (readonly [value: string, isOwn: boolean])[] = [
  ...['NTLM TlRM', 'negotiate\tYII', 'NTLM =TlRM', 'NTLM=TlRM', '\xa0NTLM TlRM', '\x85Negotiate YII'].map(own),
  ...[
    ', NTLM',
    'Basic x, NTLM TlRM',
    'Basic realm="x" NTLM',
    '"a" NTLM T',
    'Kerberos',
    'Basic a="\\", NTLM, c="d"',
  ].map(own),
  ...['Bearer ntlm.negotiate', 'Basic bnRsbTpuZWdv', 'Digest username="NTLM, x", nego="x"', 'Bearer'].map(shared),
];

function own(value: string): readonly [string, boolean] {
  return [value, true];
}

function shared(value: string): readonly [string, boolean] {
  return [value, false];
}

const spellings = (['HTTP', 'HTTPS'] as const).map(
  (protocol): Scenario => ({
    name: `${protocol}: a connection is shared only if what was seen on it can be no login`,
    listener: { ...UNCHECKED, ...LISTENERS[protocol] },
    flags: ['--workers', '1'],
    run: async ({ bind, port }, t) => {
      const backend = await ScriptedBackend.start(t, async (peer, number) => {
        for (let head = await nextHead(peer); head !== undefined; head = await nextHead(peer)) {
          const challenge = /^x-challenge: (.*)\r$/im.exec(head)?.[1];
          peer.write(ok(`connection ${number}`, challenge === undefined ? '' : `WWW-Authenticate: ${challenge}\r\n`));
        }
        peer.socket.end();
      });
      await bind({ a: { address: '127.0.0.1', port: backend.port } });
      const other = new Client(protocol === 'HTTPS', port);
      for (const header of ['Authorization', 'Proxy_Authorization', 'X-Challenge']) {
        for (const [value, isOwn] of SEEN) {
          const client = new Client(protocol === 'HTTPS', port);
          const used = await client.ask('GET', { [header]: value });
          assert.equal((await other.ask('GET')) !== used, isOwn, `${header}: ${value}`);
          if (isOwn) assert.equal(await client.ask('GET'), used, `${header}: ${value}`);
          client.close();
        }
      }
      other.close();
    },
  }),
);

testOnEachSocketKind([...scenarios, ...spellings]);
