// A server with scripted responses, for responses that a real runtime gives only in failure situations.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import {
  CHALLENGE_HEADER,
  endOf,
  PROOF_HEADER,
  parseChallenge,
  proofCode,
  proofText,
  tokenParts,
} from '../../../provider/model/permissions/proof.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown> | undefined;
}

/** The scripted response to a request; 'reset' resets the connection instead, and 'silence' leaves it open. */
export type Reply = { status: number; body?: unknown; runtimeId?: string | undefined } | 'reset' | 'silence';

interface ScriptedRuntime {
  readonly url: string;
  /** Requests so far, without those for /healthz. */
  readonly seen: readonly SeenRequest[];
  readonly preflights: () => number;
}

export const RUNTIME_ID = 'rt-1';
/** The token that the runtime proves to know. */
const KNOWN_TOKEN = 'weir_t';

export async function scriptedRuntime(t: TestContext, reply: (seen: SeenRequest, index: number) => Reply) {
  const seen: SeenRequest[] = [];
  let preflights = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const isPreflight = request.url === '/healthz';
      if (isPreflight) preflights++;
      const text = Buffer.concat(parts).toString();
      const { method = '', url = '', headers } = request;
      const entry: SeenRequest = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
      if (!isPreflight) seen.push(entry);
      const scripted = reply(entry, seen.length - 1);
      if (scripted === 'silence') return;
      if (scripted === 'reset') return request.socket.resetAndDestroy();
      const runtimeId = 'runtimeId' in scripted ? scripted.runtimeId : RUNTIME_ID;
      if (runtimeId !== undefined) response.setHeader('X-Weir-Runtime', runtimeId);
      const proof = proofFor(request, runtimeId ?? '');
      if (proof !== undefined) response.setHeader(PROOF_HEADER, proof);
      // Responds to /healthz with 200, like a running runtime, whatever the script says.
      response.writeHead(isPreflight ? 200 : scripted.status, { 'Content-Type': 'application/json' });
      response.end(scripted.body === undefined ? undefined : JSON.stringify(scripted.body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, preflights: () => preflights } satisfies ScriptedRuntime;
}

/** The proof for the connection of a request, if the request asks for one. */
export function proofFor({ headers, socket }: IncomingMessage, runtimeId: string, token = KNOWN_TOKEN) {
  const challenge = parseChallenge(String(headers[CHALLENGE_HEADER] ?? ''));
  if (challenge === undefined) return undefined;
  const ends = {
    client: endOf(socket.remoteAddress, socket.remotePort),
    server: endOf(socket.localAddress, socket.localPort),
  };
  return proofText({ code: proofCode(tokenParts(token).secretHash, { ...challenge, ...ends, runtimeId }), ...ends });
}

export function failure(status: number, code: string, message: string, details: unknown[] = []): Reply {
  return { status, body: { code, message, requestId: 'req-1', details } };
}

/** A response of the API for an API object; members that do not matter to the test get defaults. */
export function stored(parts: object): Reply {
  return { status: 200, body: { id: 'web-1', incarnation: 'i-1', version: 1, ...parts } };
}
