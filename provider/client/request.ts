// HTTP requests to the runtime over http or https, each with limits on its whole time and on the size of its response.
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';

// An `import` of node:http would make Node read every export. The export WebSocket alone would cost each start of a
// plug-in 20 ms.
const http = process.getBuiltinModule('node:http');

/** Limit for the body of a response, several times the largest page of objects. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * Sends requests over connections that are kept open. If the runtime has closed one meanwhile, the request fails as
 * lost.
 */
export function sender(ca: string | undefined): Send {
  const plain = new http.Agent({ keepAlive: true });
  const tls = new https.Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) });
  return (request) =>
    request.url.protocol === 'https:' ? send(https.request, tls, request) : send(http.request, plain, request);
}

/**
 * The body of a response as a stream, on a connection of its own. Rejects if the response has another status than 200.
 */
export function openStream(
  ca: string | undefined,
  { url, headers, signal }: Pick<HttpRequest, 'url' | 'headers'> & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? https.get : http.get;
    const request = open(url, { agent: false, headers, signal, ...(ca === undefined ? {} : { ca }) }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${url.pathname} responded with ${response.statusCode}`));
      // A connection that breaks later ends the stream for its reader.
      response.on('error', () => {});
      if (response.statusCode !== 200) response.resume();
    });
    request.on('error', reject);
  });
}

function send(
  open: typeof http.request,
  agent: Agent,
  { url, method, headers, body, timeoutMs }: HttpRequest,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const request = open(url, { agent, method, headers, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        parts.push(part);
        size += part.length;
        if (size > MAX_RESPONSE_BYTES)
          request.destroy(new Error(`its response is larger than ${MAX_RESPONSE_BYTES} bytes`));
      });
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
