// HTTP requests to the runtime over http or https, each with limits on its whole time and on the size of its response.
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Limit for the body of a response, several times the largest page of objects. */
export const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** `http.request` or `https.request`. */
export type OpenRequest = typeof import('node:http').request;

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly timeoutMs: number;
  /** Called with the header fields of each interim response. If it returns true, the time begins anew. */
  readonly onInterim?: ((headers: IncomingHttpHeaders) => boolean) | undefined;
  /** Limit for the body of the response. */
  readonly maxBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A response of another status than 200 to a request for a stream. */
export class NoStream extends Error {
  readonly response: HttpResponse;

  constructor(url: URL, response: HttpResponse) {
    super(`${url.pathname} responded with ${response.status}`);
    this.response = response;
  }
}

/** The body of a response as a stream. Rejects with `NoStream` if the response has another status than 200. */
export function openStream(
  open: OpenRequest,
  agent: Agent,
  { url, headers, signal }: Pick<HttpRequest, 'url' | 'headers'> & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(url, { agent, headers, signal }, (response) => {
      // A connection that breaks later ends the stream for its reader.
      response.on('error', () => {});
      if (response.statusCode === 200) resolve(response);
      else {
        const refuse = (whole: HttpResponse) => reject(new NoStream(url, whole));
        collect(response, request, { maxBytes: MAX_RESPONSE_BYTES, done: refuse, failed: reject });
      }
    });
    request.on('error', reject);
    request.on('close', () => reject(withoutResponse()));
    request.end();
  });
}

/** The response to a request. Resolves or rejects however the exchange ends. */
export function send(
  open: OpenRequest,
  agent: Agent,
  { url, method, headers, body, timeoutMs, onInterim, maxBytes }: HttpRequest,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs).unref();
    const request = open(url, { agent, method, headers, signal: limit.signal }, (response) => {
      collect(response, request, { maxBytes, done: resolve, failed: reject });
    });
    // A runtime changes no protocols. Without this listener, Node closes the connection and tells nobody.
    request.on('upgrade', ({ statusCode = 0, headers }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, headers, body: '' });
    });
    request.on('information', ({ headers }) => {
      if (onInterim?.(headers) === true) timer.refresh();
    });
    request.on('error', reject);
    // Every request ends with this event. After a response or an error, the rejection changes nothing.
    request.on('close', () => {
      clearTimeout(timer);
      reject(withoutResponse());
    });
    request.end(body);
  });
}

/** How a response is collected. The functions are called before the request closes, in an event of the response. */
interface Collection {
  readonly maxBytes: number;
  readonly done: (response: HttpResponse) => void;
  readonly failed: (error: Error) => void;
}

/** Collects the body of a response. Ends the request if the body is too large. */
function collect(response: IncomingMessage, request: ClientRequest, { maxBytes, done, failed }: Collection): void {
  const parts: Buffer[] = [];
  let size = 0;
  response.on('data', (part: Buffer) => {
    parts.push(part);
    size += part.length;
    if (size <= maxBytes) return;
    // If the response has come whole, its socket belongs to no request any more, and nobody listens to its errors.
    failed(new Error(`its response is larger than ${maxBytes} bytes`));
    request.destroy();
  });
  response.on('end', () => {
    const text = Buffer.concat(parts).toString('utf8');
    done({ status: response.statusCode ?? 0, headers: response.headers, body: text });
  });
  response.on('error', failed);
}

/** The error for a connection that ended without a response and without an error. It counts as lost. */
function withoutResponse(): Error {
  return Object.assign(new Error('it ended the connection without a response'), { code: 'ECONNRESET' });
}
