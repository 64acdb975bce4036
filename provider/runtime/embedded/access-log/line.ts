// One line of the access log: a JSON object whose values are bounded, whatever a client sends. Pure.
import type { Protocol } from '../../contract/snapshot.ts';

/** One HTTP exchange, one TCP connection or one UDP session, at its end; what is not known stays out of the line. */
export interface AccessEntry {
  readonly listener: string;
  /** Undefined: the listener's default targets, or none was picked. */
  readonly rule: string | undefined;
  readonly protocol: Protocol;
  /** Address and port that the connection comes from. */
  readonly client: string;
  /** HTTP only, as all up to `status`. */
  readonly method?: string | undefined;
  readonly host?: string | undefined;
  /** Without the query, which may hold secrets. */
  readonly path?: string | undefined;
  /** Undefined: the client got no response. */
  readonly status?: number | undefined;
  /** Address and port of the last target that was picked. */
  readonly target: string | undefined;
  /** Undefined: of a refused request, whose beginning is not known. */
  readonly durationMs: number | undefined;
  /** From the client, and to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** How often another target was tried. */
  readonly retries: number;
  /** Why it was refused or failed. */
  readonly error: string | undefined;
  readonly tlsVersion?: string | undefined;
}

const MAX_METHOD = 32;
const MAX_HOST = 255;
const MAX_PATH = 1024;
const MAX_ERROR = 256;

/** `sampleRate` is said where it is below 1, so that counts can be made from a sample. */
export function accessLine(entry: AccessEntry, atMs: number, sampleRate: number): string {
  const { listener, rule, protocol, client, method, host, path, status, target } = entry;
  const { durationMs, bytesIn, bytesOut, retries, error, tlsVersion } = entry;
  const line = {
    time: new Date(atMs).toISOString(),
    listener,
    rule,
    protocol,
    client,
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
  return `${JSON.stringify(line)}\n`;
}

function bounded(text: string | undefined, length: number): string | undefined {
  return text === undefined || text.length <= length ? text : `${text.slice(0, length)}…`;
}
