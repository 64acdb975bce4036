// A backend's answer that was taken: its status, how its body is framed, and the head that the client gets. Pure.
import { ConnectionOptions } from './connection-options.ts';
import { UPGRADE } from './field-names.ts';
import type { Fields } from './fields.ts';
import { answerFraming, CHUNKED, UNTIL_CLOSE } from './framing.ts';
import { AnswerHead, parseAnswerHead } from './head-parser.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { Request } from './request.ts';
import { ANSWER_DROPS, BODILESS_ANSWER_DROPS, keptLines } from './rewrite.ts';

// RFC 9110 7.8 and 15.2.2: only to a protocol that the request asked for, and with its name.
const UNASKED_SWITCH = refusal(502, 'switched protocols without being asked');

/** One a connection, reused; strings stay valid for as long as the answer lasts. */
export class Answer {
  status = 0;
  /** A length, CHUNKED or UNTIL_CLOSE. */
  framing = 0;
  /** The client gets the body as chunks. */
  isChunkedOut = false;
  /** The client sees the end of the body only by the end of the connection. */
  isClosedByEnd = false;
  /** The backend keeps its connection open. */
  isKeepAlive = false;
  /** Status line and fields for the client, without what is said of the connection and without the empty line. */
  lines = '';

  /** 100, 102, 103: the real answer is still to come. */
  get isInterim(): boolean {
    return this.status < 200 && this.status !== 101;
  }

  get isSwitch(): boolean {
    return this.status === 101;
  }
}

const parsed = new AnswerHead();
const connection = new ConnectionOptions();

/** Reads the head at bytes[from..to), of findHeadEnd, into `answer`; every refusal means 502. */
export function readAnswer(
  bytes: Buffer,
  from: number,
  to: number,
  request: Request,
  answer: Answer,
): Refusal | undefined {
  const malformed = parseAnswerHead(bytes, from, to, parsed);
  if (malformed !== undefined) return malformed;
  const { status, minor, fields } = parsed;
  const framing = answerFraming(fields, minor, status, request.isHead);
  if (typeof framing !== 'number') return framing;
  const upgrade = status === 101 ? switchedTo(fields) : undefined;
  if (status === 101 && !isAsked(upgrade, request.upgrade)) return UNASKED_SWITCH;

  connection.read(fields);
  answer.status = status;
  answer.framing = framing;
  // RFC 9112 7.1: HTTP/1.0 clients get no chunks. A body that ends with its connection becomes chunks, so that the
  // client can tell a whole one from a broken one and keep its own connection.
  answer.isChunkedOut = (framing === CHUNKED || framing === UNTIL_CLOSE) && request.minor === 1;
  answer.isClosedByEnd = (framing === CHUNKED || framing === UNTIL_CLOSE) && request.minor === 0;
  answer.isKeepAlive =
    framing !== UNTIL_CLOSE && !connection.isClose && (minor === 1 || connection.isKeepAlive) && status !== 101;
  const isBodiless = status < 200 || status === 204;
  const kept = keptLines(fields, isBodiless ? BODILESS_ANSWER_DROPS : ANSWER_DROPS, connection.nominated);
  answer.lines = `HTTP/1.1 ${status} ${parsed.reason}\r\n${kept}`;
  if (answer.isChunkedOut) answer.lines += 'Transfer-Encoding: chunked\r\n';
  if (upgrade !== undefined) answer.lines += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return undefined;
}

function isAsked(upgrade: string | undefined, asked: string | undefined): boolean {
  if (upgrade === undefined || asked === undefined) return false;
  const protocols = protocolsOf(asked);
  return protocolsOf(upgrade).every((protocol) => protocols.includes(protocol));
}

function protocolsOf(upgrade: string): string[] {
  return upgrade.split(',').map((protocol) => protocol.trim().toLowerCase());
}

function switchedTo(fields: Fields): string | undefined {
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] === UPGRADE && fields.value(index) !== '') return fields.value(index);
  }
  return undefined;
}
