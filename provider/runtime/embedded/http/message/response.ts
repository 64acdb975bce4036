// An accepted response of a target: its status, the fields that the client gets, and the framing of its body. Pure.
import { ConnectionOptions } from './connection-options.ts';
import { UPGRADE } from './field-names.ts';
import type { HeaderFields } from './fields.ts';
import { CHUNKED, isLengthFault, responseFraming, UNTIL_CLOSE } from './framing.ts';
import { parseResponseHead, ResponseHead } from './head-parser.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import { hasLogin } from './login.ts';
import { mergeLengths } from './repaired-fields.ts';
import type { Request } from './request.ts';
import { BODILESS_RESPONSE_DROPS, keptLines, RESPONSE_DROPS } from './rewrite.ts';

// RFC 9110 7.8 and 15.2.2: a target may switch only to a protocol that the request named, and must name it.
const UNASKED_SWITCH = localResponse(502, 'switched protocols without being asked');

const MAX_STATUS = 599;
// RFC 9110 15: a status outside 100-599 is to be taken for a server error. No client gets it from a target.
const SERVER_ERROR = 500;
const SERVER_ERROR_REASON = 'Internal Server Error';

/** The types of responses that are streams of events or messages. */
const STREAM_TYPES = [
  'text/event-stream',
  'multipart/x-mixed-replace',
  String.raw`application/(?:x-ndjson|ndjson|jsonl|json-seq|stream\+json)`,
  String.raw`application/grpc(?:[+-][\w.+-]+)?`,
];
const STREAM = new RegExp(String.raw`^content-type:[ \t]*(?:${STREAM_TYPES.join('|')})[ \t]*(?:;|$)`, 'im');

/** An accepted response; reused for the next response. Strings stay valid for the whole response. */
export class Response {
  status = 0;
  reason = '';
  /** The status line and the field lines to pass on, without those that concern the connection. */
  lines = '';
  /** The framing of the response's body: a length in bytes, CHUNKED or UNTIL_CLOSE. */
  framing = 0;
  /** True if the target keeps its connection open. */
  isKeepAlive = false;
  /** Protocol of the connection after a 101, otherwise `undefined`. */
  upgrade: string | undefined;
  /** Folded names of the fields that end at this hop. `undefined` for none, the usual case. */
  nominated: readonly string[] | undefined;
  /** True if the response has a challenge for a login on the connection on which it came. */
  hasLogin = false;

  /** The field lines to pass on, for a client that is sent no status line. */
  get fields(): string {
    return this.lines.slice(this.lines.indexOf('\r\n') + 2);
  }

  /** True for 100, 102 and 103, after which the final response follows. */
  get isInterim(): boolean {
    return this.status < 200 && this.status !== 101;
  }

  /** True for a response that goes on for as long as the client listens, with pauses. */
  get isStream(): boolean {
    return STREAM.test(this.lines);
  }

  get isSwitch(): boolean {
    return this.status === 101;
  }

  /** True for a body whose length the head does not tell. */
  get hasUnknownLength(): boolean {
    return this.framing < 0;
  }
}

const parsed = new ResponseHead();
const connection = new ConnectionOptions();

/**
 * Reads the head at bytes[from..to), whose end `findHeadEnd` found, into `response`. Returns why it is malformed, which
 * the client gets as a 502.
 */
export function readResponse(
  bytes: Buffer,
  from: number,
  to: number,
  request: Request,
  response: Response,
): LocalResponse | undefined {
  const malformed = parseResponseHead(bytes, from, to, parsed);
  if (malformed !== undefined) return malformed;
  const { status, minor, fields } = parsed;
  const framing = framingOf(fields, minor, status, request.isHead);
  if (typeof framing !== 'number') return framing;
  const upgrade = status === 101 ? switchedTo(fields) : undefined;
  if (status === 101 && !isAsked(upgrade, request.upgrade)) return UNASKED_SWITCH;

  connection.read(fields);
  response.status = status <= MAX_STATUS ? status : SERVER_ERROR;
  response.reason = status <= MAX_STATUS ? parsed.reason : SERVER_ERROR_REASON;
  response.framing = framing;
  response.upgrade = upgrade;
  response.nominated = connection.nominated;
  response.hasLogin = hasLogin(fields);
  // A target of HTTP/1.0 knows no chunks: it may take them for the next request (RFC 9112 6.1).
  const isKept = minor === 1 || (connection.isKeepAlive && request.framing !== CHUNKED);
  response.isKeepAlive = framing !== UNTIL_CLOSE && !connection.isClose && isKept && status !== 101;
  const isBodiless = status < 200 || status === 204;
  const drops = isBodiless ? BODILESS_RESPONSE_DROPS : RESPONSE_DROPS;
  const isSameLine = parsed.hasUsualLine && status <= MAX_STATUS && fields.start > 0;
  const kept = keptLines(fields, drops, connection.nominated, isSameLine ? 0 : fields.start);
  response.lines = isSameLine ? kept : `HTTP/1.1 ${response.status} ${response.reason}\r\n${kept}`;
  return undefined;
}

/** Returns the framing of the body, after a repair of the length if it is given several times. */
function framingOf(fields: HeaderFields, minor: number, status: number, isHead: boolean): number | LocalResponse {
  const framing = responseFraming(fields, minor, status, isHead);
  if (typeof framing === 'number' || !isLengthFault(framing)) return framing;
  return mergeLengths(fields) ? responseFraming(fields, minor, status, isHead) : framing;
}

function isAsked(upgrade: string | undefined, asked: string | undefined): boolean {
  if (upgrade === undefined || asked === undefined) return false;
  const protocols = protocolsOf(asked);
  return protocolsOf(upgrade).every((protocol) => protocols.includes(protocol));
}

function protocolsOf(upgrade: string): string[] {
  return upgrade.split(',').map((protocol) => protocol.trim().toLowerCase());
}

function switchedTo(fields: HeaderFields): string | undefined {
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] === UPGRADE && fields.value(index) !== '') return fields.value(index);
  }
  return undefined;
}
