// HTTP requests to the runtime over http or https, each with limits on its whole time and on the size of its response.
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Limit for the body of a response, several times the largest page of objects. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** `http.request` or `https.request`. */
export type OpenRequest = typeof import('node:http').request;

export interface HttpRequest {
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

/** The body of a response as a stream. Rejects if the response has another status than 200. */
export function openStream(
  open: OpenRequest,
  agent: Agent,
  { url, headers, signal }: Pick<HttpRequest, 'url' | 'headers'> & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(url, { agent, headers, signal }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${url.pathname} responded with ${response.statusCode}`));
      // A connection that breaks later ends the stream for its reader.
      response.on('error', () => {});
      if (response.statusCode !== 200) response.resume();
    });
    request.on('error', reject);
    request.end();
  });
}

export function send(
  open: OpenRequest,
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
