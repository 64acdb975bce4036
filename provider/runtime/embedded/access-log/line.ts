// One line of the access log: a JSON object whose values are bounded, whatever a client sends. Pure.
import { inOneLine } from '../../../model/base/one-line.ts';
import type { Protocol } from '../../contract/snapshot.ts';

/** One HTTP exchange, TCP connection or UDP session, logged at its end. Unknown fields are left out of the line. */
export interface AccessEntry {
  readonly listener: string;
  /** The rule's id. `undefined` for the listener's own target group, and if no target was picked. */
  readonly rule: string | undefined;
  /** How the rule itself responded. `undefined` for any other response. */
  readonly action?: 'redirect' | 'fixedResponse' | undefined;
  readonly protocol: Protocol;
  /**
   * Address and port of the client's end of the connection, or those that a PROXY header named. The address alone if a
   * trusted proxy named it in X-Forwarded-For.
   */
  readonly client: string;
  /** Address and port of the trusted proxy that named the client, otherwise `undefined`. */
  readonly proxy?: string | undefined;
  /** The method of an HTTP request. This field and those up to `status` exist only for HTTP. */
  readonly method?: string | undefined;
  readonly host?: string | undefined;
  /** The request's path without the query, which may hold secrets. */
  readonly path?: string | undefined;
  /** Status of the response. `undefined` if the client got no response. */
  readonly status?: number | undefined;
  /** Target key of the last target that was picked. `undefined` if none was picked. */
  readonly target: string | undefined;
  /** Duration of the exchange, connection or session. `undefined` for a request whose head was not accepted. */
  readonly durationMs: number | undefined;
  /** Bytes that came from the client; `bytesOut` counts bytes sent to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** How often the exchange or connection was tried on another target. */
  readonly retries: number;
  /** Why the connection or exchange failed, or got a local response. */
  readonly error: string | undefined;
  readonly tlsVersion?: string | undefined;
}

const MAX_METHOD = 32;
const MAX_HOST = 255;
const MAX_PATH = 1024;
const MAX_ERROR = 256;

/** Makes the line of an entry. A `sampleRate` below 1 is part of the line, so that totals can be estimated. */
export function accessLine(entry: AccessEntry, atMs: number, sampleRate: number): string {
  const { listener, rule, action, protocol, client, proxy, method, host, path, status, target } = entry;
  const { durationMs, bytesIn, bytesOut, retries, error, tlsVersion } = entry;
  const line = {
    time: new Date(atMs).toISOString(),
    listener,
    rule,
    action,
    protocol,
    client,
    proxy,
    method: bounded(method, MAX_METHOD),
    host: bounded(host, MAX_HOST),
    path: bounded(path, MAX_PATH),
    status,
    target,
    durationMs: durationMs && Math.round(durationMs * 1000) / 1000,
    bytesIn,
    bytesOut,
    retries,
    error: bounded(error, MAX_ERROR),
    tlsVersion,
    sampleRate: sampleRate < 1 ? sampleRate : undefined,
  };
  return `${inOneLine(JSON.stringify(line))}\n`;
}

function bounded(text: string | undefined, length: number): string | undefined {
  return text === undefined || text.length <= length ? text : `${text.slice(0, length)}…`;
}
