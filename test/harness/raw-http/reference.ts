// A strict and simple reader of HTTP/1.x, written from RFC 9112 and RFC 9110 alone, that judges what a data plane
// forwards.
import { isIPv6 } from 'node:net';

export type Field = readonly [name: string, value: string];

interface Message {
  /** First line of the message, without CRLF. */
  readonly startLine: string;
  readonly minor: number;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
}

export interface RequestMessage extends Message {
  readonly method: string;
  readonly target: string;
}

export interface ResponseMessage extends Message {
  readonly status: number;
}

interface Reading<M> {
  readonly messages: readonly M[];
  /**
   * 'clean': all bytes are read. 'short': more bytes are needed. 'invalid': the bytes are not a valid message.
   * 'closed': the rest follows a message that closes the connection, so nobody reads it.
   */
  readonly end: 'clean' | 'short' | 'invalid' | 'closed';
  readonly reason: string;
  /** Offset after the last complete message. */
  readonly at: number;
}

class InvalidMessage extends Error {}
class Short extends Error {}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads the requests in `text` (latin1) up to the first that is invalid, incomplete or closes the connection. */
export function readRequests(text: string): Reading<RequestMessage> {
  return readAll(text, (input) => {
    // Empty lines before a request are ignored (RFC 9112 2.2).
    input.skipEmptyLines();
    if (input.isAtEnd) return undefined;
    const request = readRequest(input);
    return { message: request, isLast: !isKept(request) };
  });
}

/**
 * Reads the responses in `text` to requests of the given methods, including interim responses. `isEnded` means that the
 * sender has closed the connection, which ends a body without a length. With `isRepaired`, the responses mean what a
 * proxy makes of them that repairs what it may.
 */
export function readResponses(
  text: string,
  methods: readonly string[],
  isEnded: boolean,
  isRepaired = false,
): Reading<ResponseMessage> {
  let responded = 0;
  return readAll(
    text,
    (input) => {
      if (input.isAtEnd) return undefined;
      const method = methods[responded];
      if (method === undefined) throw new InvalidMessage('bytes without a request');
      const response = readResponse(input, method, isEnded);
      if (response.status >= 200 || response.status === 101) responded++;
      return { message: response, isLast: response.status === 101 || (response.status >= 200 && !isKept(response)) };
    },
    isRepaired,
  );
}

function readAll<M>(
  text: string,
  next: (input: Input) => { message: M; isLast: boolean } | undefined,
  isRepaired = false,
): Reading<M> {
  const input = new Input(text, isRepaired);
  const messages: M[] = [];
  let at = 0;
  try {
    for (;;) {
      const read = next(input);
      if (read === undefined) return { messages, end: 'clean', reason: '', at };
      messages.push(read.message);
      at = input.at;
      if (read.isLast) return { messages, end: 'closed', reason: '', at };
    }
  } catch (error) {
    if (error instanceof Short) return { messages, end: 'short', reason: error.message, at };
    if (error instanceof InvalidMessage) return { messages, end: 'invalid', reason: error.message, at };
    throw error;
  }
}

function readRequest(input: Input): RequestMessage {
  const startLine = input.line();
  // Grammar of the request line (RFC 9112 3). RFC 3986 requires some of these characters to be escaped, but none of
  // them ends or splits a request target.
  const [, method, target, minor] = /^(\S+) ([\x21-\x7e]+) HTTP\/1\.([01])$/.exec(startLine) ?? [];
  if (method === undefined || target === undefined || !TOKEN.test(method)) throw new InvalidMessage('the request line');
  const fields = readFields(input);
  const version = Number(minor);
  const length = declaredLength(fields, version);
  const hosts = valuesOf(fields, 'host');
  // A request has at most one Host field, and an HTTP/1.1 request has exactly one (RFC 9112 3.2).
  if (hosts.length > 1 || (hosts.length === 0 && version === 1)) throw new InvalidMessage('the number of Host fields');
  if (!hosts.every(isAuthority)) throw new InvalidMessage('a malformed Host');
  partsOf(method, target);
  const [body, trailers] = length === 'chunked' ? readChunks(input) : [input.take(length ?? 0), []];
  return { startLine, method, target, minor: version, fields, body, trailers };
}

function readResponse(input: Input, method: string, isEnded: boolean): ResponseMessage {
  const startLine = input.line();
  // Grammar of the status line (RFC 9112 4). The space before an empty reason is optional here, because many responses
  // omit it.
  const [, minor, digits] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(startLine) ?? [];
  if (digits === undefined || (digits >= '600' && !input.isRepaired)) throw new InvalidMessage('the status line');
  const fields = readFields(input);
  const version = Number(minor);
  // A status above 599 means a server error (RFC 9110 15).
  const status = digits >= '600' ? 500 : Number(digits);
  const length = declaredLength(fields, version, input.isRepaired);
  const message = { startLine, status, minor: version, fields };
  // These responses never have a body (RFC 9112 6.3, rule 1).
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { ...message, body: '', trailers: [] };
  const [body, trailers] =
    length === 'chunked' ? readChunks(input) : [length === undefined ? input.rest(isEnded) : input.take(length), []];
  return { ...message, body, trailers };
}

function readFields(input: Input): Field[] {
  const fields: Field[] = [];
  const lines: string[] = [];
  for (let line = input.line(); line !== ''; line = input.line()) {
    // A proxy replaces the fold of a line by spaces (RFC 9112 5.2).
    if (input.isRepaired && /^[ \t]/.test(line) && lines.length > 0) lines.push(`${lines.pop()} ${line.trimStart()}`);
    // A proxy removes whitespace between a name and its colon (RFC 9112 5.1).
    else lines.push(input.isRepaired ? line.replace(/^([^\s:]+)[ \t]+:/, '$1:') : line);
  }
  for (const line of lines) {
    const colon = line.indexOf(':');
    // A field name is a token (RFC 9112 5.1). A folded line (RFC 9112 5.2) begins with a space and is therefore
    // rejected too.
    if (colon === -1 || !TOKEN.test(line.slice(0, colon))) throw new InvalidMessage('a field name');
    // A field value has no control characters except tabs (RFC 9110 5.5).
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(line.slice(colon + 1))) throw new InvalidMessage('a field value');
    fields.push([line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]);
  }
  return fields;
}

/**
 * Returns the declared length of a body (RFC 9112 6.1 to 6.3), or `undefined` if no field declares a length. A message
 * that a recipient may reject is rejected, unless `isRepaired` and all lengths are equal (RFC 9112 6.3, rule 5).
 */
function declaredLength(fields: readonly Field[], minor: number, isRepaired = false): number | 'chunked' | undefined {
  const given = valuesOf(fields, 'content-length');
  const members = given.flatMap((value) => value.split(',')).map((value) => value.trim().replace(/^0+(?=\d)/, ''));
  const lengths = isRepaired ? [...new Set(members)] : given;
  const codings = valuesOf(fields, 'transfer-encoding');
  if (codings.length > 0) {
    if (lengths.length > 0) throw new InvalidMessage('Content-Length and Transfer-Encoding');
    if (minor === 0) throw new InvalidMessage('Transfer-Encoding in HTTP/1.0');
    if (codings.join().toLowerCase() !== 'chunked') throw new InvalidMessage('a transfer coding other than chunked');
    return 'chunked';
  }
  if (lengths.length > 1) throw new InvalidMessage('several lengths');
  if (lengths[0] === undefined) return undefined;
  if (!/^\d+$/.test(lengths[0]) || Number(lengths[0]) > Number.MAX_SAFE_INTEGER) throw new InvalidMessage('a length');
  return Number(lengths[0]);
}

const NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"`;
const EXTENSION = `[ \t]*;[ \t]*${NAME}(?:[ \t]*=[ \t]*(?:${NAME}|${QUOTED}))?`;
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]+)(?:${EXTENSION})*$`);

/**
 * Reads a chunked body (RFC 9112 7.1). Chunk extensions are ignored (7.1.1), but they must be valid.
 */
function readChunks(input: Input): [body: string, trailers: Field[]] {
  let body = '';
  for (;;) {
    const line = input.line();
    const [, digits] = SIZE_LINE.exec(input.isRepaired ? line.replace(/[ \t]+$/, '') : line) ?? [];
    if (digits === undefined) throw new InvalidMessage('a chunk size');
    const size = Number.parseInt(digits, 16);
    if (size > Number.MAX_SAFE_INTEGER) throw new InvalidMessage('a chunk size above the largest exact integer');
    if (size === 0) return [body, readFields(input)];
    body += input.take(size);
    if (input.take(2) !== '\r\n') throw new InvalidMessage('no CRLF after a chunk');
  }
}

class Input {
  at = 0;
  readonly isRepaired: boolean;
  readonly #text: string;

  constructor(text: string, isRepaired: boolean) {
    this.#text = text;
    this.isRepaired = isRepaired;
  }

  get isAtEnd(): boolean {
    return this.at === this.#text.length;
  }

  skipEmptyLines(): void {
    while (this.#text.startsWith('\r\n', this.at)) this.at += 2;
  }

  /**
   * Reads a line up to CRLF. A lone CR or LF within a line is invalid (RFC 9112 2.2); every caller rejects such a line.
   */
  line(): string {
    const end = this.#text.indexOf('\r\n', this.at);
    if (end === -1) throw new Short('a line');
    const line = this.#text.slice(this.at, end);
    this.at = end + 2;
    return line;
  }

  take(length: number): string {
    if (this.#text.length - this.at < length) throw new Short('a body');
    this.at += length;
    return this.#text.slice(this.at - length, this.at);
  }

  /** Reads a body that ends with the connection. */
  rest(isEnded: boolean): string {
    if (!isEnded) throw new Short('a body that ends with the connection');
    return this.take(this.#text.length - this.at);
  }
}

/** Tells whether the connection stays open after the message (RFC 9112 9.3). */
function isKept({ minor, fields }: Message): boolean {
  const options = optionsOf(fields);
  return !options.includes('close') && (minor === 1 || options.includes('keep-alive'));
}

export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter((field) => plainName(field) === name).map(([, value]) => value);
}

export function optionsOf(fields: readonly Field[]): string[] {
  return valuesOf(fields, 'connection').flatMap((value) => value.split(',').map((word) => word.trim().toLowerCase()));
}

function plainName([name]: Field): string {
  return name.toLowerCase();
}

/**
 * Tells whether the text is a valid authority (RFC 3986 3.2.2 and 3.2.3), not empty and without user information (RFC
 * 9110 4.2.1 and 4.2.4).
 */
function isAuthority(text: string): boolean {
  const [, literal, port] = /^(?:\[(.*)\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::(\d*))?$/.exec(text) ?? [
    text,
    'none',
  ];
  return (literal === undefined || isIPv6(literal)) && Number(port ?? 0) <= 65_535;
}

/** Splits a request target into its authority, if it has one, and the rest in origin-form (RFC 9112 3.2). */
export function partsOf(method: string, target: string): { authority: string | undefined; path: string } {
  if (target === '*' && method === 'OPTIONS') return { authority: undefined, path: '*' };
  if (method !== 'CONNECT' && !target.includes('#')) {
    if (target.startsWith('/')) return { authority: undefined, path: target };
    const [, authority, rest = ''] = /^http:\/\/([^/?]+)(.*)$/i.exec(target) ?? [];
    if (authority !== undefined && isAuthority(authority)) {
      if (rest === '') return { authority, path: method === 'OPTIONS' ? '*' : '/' };
      return { authority, path: rest.startsWith('?') ? `/${rest}` : rest };
    }
  }
  throw new InvalidMessage('the request target');
}
