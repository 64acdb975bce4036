// Conformance scenarios of clients behind other load balancers: accepted PROXY headers, and chains of trusted proxies.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import { promisify } from 'node:util';
import { proxyHeader } from '../../provider/runtime/contract/proxy-protocol.ts';
import { headerBackend, listen } from '../harness/backends/backends.ts';
import { readProxyHeader } from '../harness/backends/proxy-protocol.ts';
import { v2Header, v2HeaderWithChecksum } from '../harness/clients/proxy-header.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import type { Scenario } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';

const run = promisify(execFile);
const UNCHECKED = { healthCheck: { protocol: 'none' } };
/** The sender of PROXY headers and an address that is not one. */
const SENDER = '127.0.0.2';
const OTHER = '127.0.0.3';
const ACCEPTING = { acceptProxyProtocol: [`${SENDER}/32`] };
const CLIENT = { address: '192.0.2.7', port: 40_000 };
const FRONT = { address: '198.51.100.1', port: 443 };
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

function connectFrom(t: TestContext, port: number, localAddress: string): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.setEncoding('latin1').on('error', () => {});
  t.after(() => socket.destroy());
  return socket;
}

/** Sends the parts one by one, each in a packet of its own. Returns what came until the end, and whether by a reset. */
async function heard(socket: Socket, parts: readonly (string | Buffer)[]): Promise<{ text: string; isReset: boolean }> {
  let text = '';
  let isReset = false;
  socket.on('data', (part) => {
    text += part;
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    isReset = code === 'ECONNRESET';
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.setNoDelay();
  for (const part of parts) {
    socket.write(part, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return { text, isReset };
}

/** The fields that the backend got, out of a response of `headerBackend`. */
function fieldsIn(text: string): Record<string, string> {
  assert.match(text, /^HTTP\/1\.1 200 /);
  return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
}

const bytewise = (header: Buffer): Buffer[] => [...header].map((byte) => Buffer.from([byte]));
const TCP4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x9c, 0x40, 0x01, 0xbb];

const headerRows: readonly Scenario[] = [
  {
    name: 'HTTP behind a load balancer with PROXY headers: the client is the one named, from the accepted networks only',
    listener: { ...ACCEPTING, ...UNCHECKED, trustedProxies: ['192.0.2.7/32', `${SENDER}/32`] },
    flags: ['--workers', '2'],
    run: async ({ bind, port, runtime, change }, t) => {
      await bind({ a: (await headerBackend(t)).target });
      const ask = (from: string, ...parts: (string | Buffer)[]) => heard(connectFrom(t, port, from), parts);
      const chained = REQUEST.replace('\r\n\r\n', '\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n');
      const other = { address: '2001:db8::7', port: 1 };
      const rows: readonly (readonly [string, Buffer[], string])[] = [
        // The named client is a trusted proxy, whose chain counts. The sender, which is one too, is not the client.
        ['v1 of a trusted proxy', [proxyHeader('v1', CLIENT, FRONT)], '203.0.113.1, 192.0.2.7'],
        ['v2 byte by byte', bytewise(proxyHeader('v2', CLIENT, FRONT)), '203.0.113.1, 192.0.2.7'],
        ['v1 byte by byte, IPv6', bytewise(proxyHeader('v1', other, { ...other, port: 2 })), '2001:db8::7'],
        ['v2 with a checksum', [v2HeaderWithChecksum(0x11, TCP4, [])], '203.0.113.1, 192.0.2.7'],
        ['v2 LOCAL: the sender is the client', [v2Header(0x20, 0, [])], `203.0.113.1, ${SENDER}`],
        ['v1 UNKNOWN', [Buffer.from('PROXY UNKNOWN\r\n')], `203.0.113.1, ${SENDER}`],
      ];
      for (const [rule, header, chain] of rows) {
        const fields = fieldsIn((await ask(SENDER, ...header, chained)).text);
        assert.equal(fields['x-forwarded-for'], chain, rule);
      }
      // Header and request in one packet: the request is not lost.
      const whole = Buffer.concat([proxyHeader('v2', CLIENT, FRONT), Buffer.from(chained)]);
      assert.equal(fieldsIn((await ask(SENDER, whole)).text)['x-forwarded-for'], '203.0.113.1, 192.0.2.7');
      // Nobody else can name a client, and the accepted senders have to.
      for (const version of ['v1', 'v2'] as const) {
        const { text } = await ask(OTHER, proxyHeader(version, CLIENT, FRONT), REQUEST);
        assert.match(text, /^HTTP\/1\.1 400 /, `${version} from elsewhere is no request`);
      }
      assert.equal(fieldsIn((await ask(OTHER, chained)).text)['x-forwarded-for'], OTHER);
      for (const wrong of [
        Buffer.from(REQUEST),
        v2Header(0x21, 0x11, [...TCP4, 3, 0, 4, 1, 2, 3, 4]),
        Buffer.from('PROXY TCP4 x\r\n'),
      ]) {
        assert.deepEqual(await ask(SENDER, wrong, REQUEST), { text: '', isReset: true });
      }
      assert.equal(await runtime.metric('weir_rejected_total{listener="web",reason="acceptProxyProtocol"}'), 3);
      await change({ ...UNCHECKED, acceptProxyProtocol: [`${OTHER}/32`], trustedProxies: [] });
      assert.match((await ask(SENDER, proxyHeader('v1', CLIENT, FRONT), REQUEST)).text, /^HTTP\/1\.1 400 /);
      assert.equal(
        fieldsIn((await ask(OTHER, proxyHeader('v1', CLIENT, FRONT), chained)).text)['x-forwarded-for'],
        CLIENT.address,
      );
    },
  },
  {
    name: 'curl with a PROXY header is served; the header of another sender is refused; a sender without a header is reset after 5 s',
    listener: { acceptProxyProtocol: ['127.0.0.1/32'], ...UNCHECKED },
    run: async ({ bind, url, port }, t) => {
      await bind({ a: (await headerBackend(t)).target });
      const silent = heard(connectFrom(t, port, '127.0.0.1'), ['PROXY TCP4 192.0']);
      const { stdout } = await run('curl', ['-s', '--haproxy-protocol', url, url]);
      assert.equal(stdout.match(/"x-forwarded-for":"127\.0\.0\.1"/g)?.length, 2);
      const other = await run('curl', ['-s', '--haproxy-protocol', '--interface', OTHER, '-w', '%{http_code}', url]);
      assert.match(other.stdout, /400$/);
      assert.deepEqual(await silent, { text: '', isReset: true });
    },
  },
  {
    name: 'HTTPS: the PROXY header comes before the TLS handshake',
    listener: {
      protocol: 'HTTPS',
      certificates: { a: makePair(['a.example']) },
      acceptProxyProtocol: ['127.0.0.1/32', `${SENDER}/32`],
      ...UNCHECKED,
    },
    run: async ({ bind, port, url }, t) => {
      await bind({ a: (await headerBackend(t)).target });
      for (const version of ['v1', 'v2'] as const) {
        const socket = connectFrom(t, port, SENDER);
        for (const part of bytewise(proxyHeader(version, CLIENT, FRONT))) socket.write(part);
        const client = tls.connect({ socket, rejectUnauthorized: false });
        t.after(() => client.destroy());
        await once(client, 'secureConnect');
        client.write(REQUEST);
        let text = '';
        for await (const part of client.setEncoding('latin1')) text += part;
        const fields = fieldsIn(text);
        assert.deepEqual([fields['x-forwarded-for'], fields['x-forwarded-proto']], [CLIENT.address, 'https']);
      }
      const secure = url.replace('http', 'https');
      const { stdout } = await run('curl', ['-sk', '--haproxy-protocol', secure]);
      assert.match(stdout, /"x-forwarded-for":"127\.0\.0\.1"/);
      await assert.rejects(run('curl', ['-sk', secure]), { code: 35 });
    },
  },
  {
    name: 'TCP: a named client is hashed and told to the target, and its bytes follow untouched; clients without a name come as they are',
    listener: {
      protocol: 'TCP',
      algorithm: 'source-ip-hash',
      proxyProtocol: 'v2',
      ...ACCEPTING,
      ...UNCHECKED,
    },
    flags: ['--workers', '2'],
    run: async ({ bind, port }, t) => {
      const targets = await Promise.all(Array.from({ length: 8 }, (_, number) => tellingBackend(t, `t${number}`)));
      await bind(Object.fromEntries(targets.map((target, number) => [`t${number}`, target])));
      const told = async (from: string, ...parts: (string | Buffer)[]) => {
        const socket = connectFrom(t, port, from);
        for (const part of parts) socket.write(part, 'latin1');
        socket.end();
        let text = '';
        for await (const part of socket) text += part;
        return text;
      };
      const names = new Set<string>();
      for (let client = 1; client <= 16; client++) {
        const named = { address: `192.0.2.${client}`, port: client };
        const [first, second] = await Promise.all([
          told(SENDER, proxyHeader('v1', named, FRONT), 'bytes\r\n'),
          told(SENDER, Buffer.concat([proxyHeader('v2', { ...named, port: 1 }, FRONT), Buffer.from('bytes\r\n')])),
        ]);
        const [name, ...rest] = first.split('|');
        assert.deepEqual(rest, [`192.0.2.${client} ${client}`, '198.51.100.1 443', 'bytes\r\n']);
        assert.equal(second.split('|')[0], name, 'one client has one target');
        names.add(String(name));
      }
      assert.ok(names.size > 2, 'different clients have different targets');
      const [, source, , bytes] = (await told(OTHER, 'PROXY TCP4 192.0.2.9 192.0.2.9 1 1\r\n')).split('|');
      assert.match(source ?? '', /^127\.0\.0\.3 \d+$/);
      assert.equal(bytes, 'PROXY TCP4 192.0.2.9 192.0.2.9 1 1\r\n');
    },
  },
];

/** Starts a backend that sends its name, what a PROXY header told it and the bytes after that, once the bytes end. */
async function tellingBackend(t: TestContext, name: string): Promise<object> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (part) => {
      text += part;
    });
    socket.on('end', () => {
      const header = readProxyHeader(text);
      if (header === undefined) socket.destroy();
      else socket.end(`${name}|${header.source}|${header.destination}|${text.slice(header.length)}`, 'latin1');
    });
  });
  return (await listen(t, name, server)).target;
}

testOnEachSocketKind([
  ...headerRows,
  ...(['source-ip-hash', 'weighted-round-robin'] as const).map(
    (algorithm): Scenario => ({
      name: `behind trusted proxies, the last address that is not trusted decides the target: ${algorithm}, and source-IP stickiness`,
      listener: {
        algorithm,
        trustedProxies: ['127.0.0.2/32', '10.0.0.0/8'],
        stickySession: algorithm === 'weighted-round-robin' ? { type: 'source-ip' } : undefined,
      },
      flags: ['--workers', '2'],
      run: async ({ bind, httpBackend, port }, t) => {
        const backends = await Promise.all([...'abcdefgh'].map((name) => httpBackend(name)));
        await bind(Object.fromEntries(backends.map(({ name, target }) => [name, target])));
        const served = async (from: string, chain: string) => {
          const sent = REQUEST.replace('\r\n\r\n', `\r\nX-Forwarded-For: ${chain}\r\n\r\n`);
          const { text } = await heard(connectFrom(t, port, from), [sent]);
          return text.slice(text.indexOf('\r\n\r\n') + 4);
        };
        const names = new Set<string>();
        for (let client = 1; client <= 16; client++) {
          const address = `192.0.2.${client}`;
          const name = await served('127.0.0.2', address);
          // Addresses before the client's come from the client, and those after it are of trusted proxies.
          assert.equal(await served('127.0.0.2', `6.6.6.${client}, ${address}, 10.0.0.1, 10.0.0.2`), name);
          assert.equal(await served('127.0.0.2', `${address}:${client}, 10.0.0.${client}`), name);
          names.add(name);
        }
        assert.ok(names.size > 2, 'clients of one proxy are told apart');
        const own = await served(OTHER, '192.0.2.1');
        for (let client = 1; client <= 16; client++) assert.equal(await served(OTHER, `192.0.2.${client}`), own);
      },
    }),
  ),
]);
