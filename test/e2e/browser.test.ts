// A real browser and a real HTTPS listener: a page of 50 files and a WebSocket, all from the backend of its session.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { dumpDom } from '../harness/clients/browser.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { RuntimeProcess } from '../harness/runtime/runtime.ts';

const FILES = 50;
/** GUID for Sec-WebSocket-Accept (RFC 6455 1.3). */
const WEBSOCKET_KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * A test page whose files each name their backend. Its last file is sent only after the page has reported the messages
 * of its WebSocket, so the load event comes after that.
 */
const PAGE = `<!doctype html><title>weir</title><body><pre id="result"></pre>
<script>
  const files = [];
  const heard = [];
  const socket = new WebSocket('wss://' + location.host + '/socket');
  const tell = () => fetch('/told', { method: 'POST' });
  socket.onopen = () => socket.send('hello');
  socket.onerror = tell;
  socket.onmessage = ({ data }) => {
    heard.push(data);
    if (heard.length === 1) socket.send('x'.repeat(100));
    else tell();
  };
  onload = () => { result.textContent = JSON.stringify({ files, heard }); };
</script>
${Array.from({ length: FILES }, (_, i) => `<script src="/file/${i}.js"></script>`).join('\n')}
<img src="/last"></body>`;

interface Backends {
  readonly targets: Readonly<Record<string, { address: string; port: number }>>;
}

/** Starts two backends. They share the state that decides when the last file may be sent. */
async function startBackends(t: TestContext): Promise<Backends> {
  const waiting: ServerResponse[] = [];
  let isTold = false;
  const serve = (name: string) => (incoming: IncomingMessage, response: ServerResponse) => {
    const { url = '' } = incoming;
    if (url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else if (url.startsWith('/file/'))
      response.setHeader('content-type', 'text/javascript').end(`files.push('${name}');`);
    else if (url === '/told') {
      isTold = true;
      for (const one of waiting.splice(0)) one.end();
      response.end();
    } else if (url === '/last' && !isTold) waiting.push(response);
    else response.end();
  };
  const targets: Record<string, { address: string; port: number }> = {};
  for (const name of ['a', 'b']) {
    const server = createServer(serve(name)).listen(0, '127.0.0.1');
    server.on('upgrade', (incoming: IncomingMessage, socket: Socket) => serveWebSocket(name, incoming, socket));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    targets[name] = { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }
  return { targets };
}

/** Echoes short text frames (RFC 6455 5.2) with the backend's name before the text. */
function serveWebSocket(name: string, { headers }: IncomingMessage, socket: Socket): void {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${WEBSOCKET_KEY}`).digest('base64');
  socket.on('error', () => {});
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let held = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const length = (held[1] ?? 0) & 0x7f;
      if (held.length < 6 + length) return;
      const isText = ((held[0] ?? 0) & 0x0f) === 1;
      const mask = held.subarray(2, 6);
      const text = held.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] as number));
      held = held.subarray(6 + length);
      if (!isText) {
        socket.end();
        return;
      }
      const response = Buffer.from(`${name}: ${Buffer.from(text).toString()}`);
      socket.write(Buffer.concat([Buffer.from([0x81, response.length]), response]));
    }
  });
}

test('Chromium loads a page of 50 files and opens a WebSocket over HTTPS, all from the backend that its cookie names', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const { targets } = await startBackends(t);
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', {
    loadBalancerId: 'lb',
    protocol: 'HTTPS',
    port,
    certificates: { site: makePair(['localhost']) },
    stickySession: { type: 'cookie' },
    healthCheck: { intervalSeconds: 0.2 },
  });
  await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, awaitHealthySeconds: 10 });

  const dom = await dumpDom(t, `https://localhost:${port}/`);
  const shown = /<pre id="result">(.*?)<\/pre>/s.exec(dom)?.[1];
  assert.ok(shown, dom.slice(0, 2_000));
  const { files, heard } = JSON.parse(shown);
  const [backend] = files;
  assert.deepEqual(
    files,
    Array.from({ length: FILES }, () => backend),
  );
  assert.deepEqual(heard, [`${backend}: hello`, `${backend}: ${'x'.repeat(100)}`]);
});
