// A relay in front of the API that ends TLS, because clients send no token in plain text through a forwarder.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { makePair } from '../machine/certificates.ts';
import type { Stack } from '../stack/stack.ts';
import { type RuntimeProcess, temporaryDirectory } from './runtime.ts';

interface ApiRelay {
  upstream: RuntimeProcess;
  /** Called before the first byte of a request is forwarded. */
  onRequest: (method: string) => void;
  /** Whether the connection is closed instead of forwarding the response to a request. */
  losesResponse: (method: string) => boolean;
}

/** Starts a relay whose address survives the runtime, and makes it the endpoint of the stack. */
export async function apiRelay(t: TestContext, stack: Stack, upstream: RuntimeProcess): Promise<ApiRelay> {
  const relay: ApiRelay = { upstream, onRequest: () => {}, losesResponse: () => false };
  const { certificate, privateKey } = makePair(['localhost']);
  const sockets = new Set<Socket>();
  const server = createServer({ cert: certificate, key: privateKey }, (client) => {
    const target = connect(Number(new URL(relay.upstream.url).port), '127.0.0.1');
    let method = '';
    client.on('data', (chunk) => {
      method = /^([A-Z]+) /.exec(chunk.toString('latin1'))?.[1] ?? method;
      relay.onRequest(method);
      target.write(chunk);
    });
    target.on('data', (chunk) => {
      if (relay.losesResponse(method)) client.destroy();
      else client.write(chunk);
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  await stack.done(['config', 'set', 'weir:endpoint', url]);
  const authority = join(temporaryDirectory(t), 'relay.crt');
  writeFileSync(authority, certificate);
  await stack.done(['config', 'set', 'weir:ca', authority]);
  return relay;
}
