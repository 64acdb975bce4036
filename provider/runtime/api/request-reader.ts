// The end of a request in the bytes of its connection, and the faults of its lines that Node's parser does not show.
import type { IncomingHttpHeaders } from 'node:http';

const LF = 0x0a;
/** A request line has one space between its parts (RFC 9112 section 3). Its method and target are checked once parsed. */
const REQUEST_LINE = /^[^\s]+ [^\s]+ HTTP\/\d\.\d\r$/;
/** A size line of a chunk (RFC 9112 section 7.1). Node's parser checks the characters of the extension. */
const SIZE_LINE = /^([0-9a-f]{1,16})[ \t]*(?:;.*)?\r$/i;
/** Maximum lengths of lines. Node's parser limits the whole head, but no size line. */
const MAX_LINE = 64 * 1024;
const MAX_SIZE_LINE = 1024;

/** The part of the request that is read next. `begun` lasts from the end of the head until `startBody` is called. */
type Part = 'request line' | 'fields' | 'begun' | 'sized body' | 'size line' | 'chunk' | 'trailers' | 'ended';

/** Reads one request. It takes the bytes that Node's parser may have, and never those of the next request. */
export class RequestReader {
  #part: Part = 'request line';
  /** The beginning of a line whose end has not arrived. */
  #line = '';
  #hasEmptyLine = false;
  /** Bytes of a body or a chunk that are left to read. */
  #left = 0;
  #fault: string | undefined;

  /** The reason why the bytes that were taken last must not be parsed. `undefined` if they may be parsed. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether the head has ended, and `startBody` was not called yet. */
  get hasHeadOnly(): boolean {
    return this.#part === 'begun';
  }

  get hasEnded(): boolean {
    return this.#part === 'ended';
  }

  /** Must be called with the parsed fields when the head has ended. */
  startBody({ 'content-length': length = '0', 'transfer-encoding': coding }: IncomingHttpHeaders): void {
    this.#left = Number(length);
    if (coding !== undefined) this.#part = 'size line';
    else this.#part = this.#left > 0 ? 'sized body' : 'ended';
  }

  /** Returns how many of the bytes belong to the request. Stops at the end of the head and of the request. */
  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.hasEnded && !this.hasHeadOnly && this.#fault === undefined) {
      at = this.#part === 'sized body' || this.#part === 'chunk' ? this.#skip(bytes, at) : this.#readLine(bytes, at);
    }
    return at;
  }

  #skip(bytes: Buffer, from: number): number {
    const count = Math.min(this.#left, bytes.length - from);
    this.#left -= count;
    if (this.#left === 0) this.#part = this.#part === 'chunk' ? 'size line' : 'ended';
    return from + count;
  }

  #readLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(LF, from);
    this.#line += bytes.toString('latin1', from, end === -1 ? bytes.length : end);
    if (this.#line.length > (this.#part === 'size line' ? MAX_SIZE_LINE : MAX_LINE)) this.#fault = 'a line is too long';
    if (end === -1) return bytes.length;
    this.#endLine(this.#line);
    this.#line = '';
    return end + 1;
  }

  #endLine(line: string): void {
    if (!line.endsWith('\r')) this.#fault ??= 'a line ends without a carriage return';
    switch (this.#part) {
      case 'request line':
        // RFC 9112 section 2.2: an empty line before the request is ignored.
        if (line === '\r' && !this.#hasEmptyLine) this.#hasEmptyLine = true;
        else if (REQUEST_LINE.test(line)) this.#part = 'fields';
        else this.#fault ??= 'the request line is malformed';
        return;
      case 'size line':
        this.#endSizeLine(line);
        return;
      default:
        if (line === '\r') this.#part = this.#part === 'fields' ? 'begun' : 'ended';
    }
  }

  #endSizeLine(line: string): void {
    const size = SIZE_LINE.exec(line)?.[1];
    const length = Number.parseInt(size ?? '', 16);
    if (size === undefined || !Number.isSafeInteger(length)) this.#fault ??= 'the size of a chunk is malformed';
    // The data of a chunk ends with a line end, which Node's parser checks.
    this.#left = length + 2;
    this.#part = length === 0 ? 'trailers' : 'chunk';
  }
}
