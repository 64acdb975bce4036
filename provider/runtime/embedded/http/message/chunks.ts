// The decoder of chunked bodies and the framing of new chunks; the sender's chunk boundaries are not kept.
import { CR, HEX_VALUE, HTAB, LF, SEMICOLON, SP } from './characters.ts';
import { BEGUN, MALFORMED, mayEnd, nextState } from './chunk-extensions.ts';
import { HeaderFields, parseFields } from './fields.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import { repairFields } from './repaired-fields.ts';
import { keptTrailers } from './trailers.ts';

const MAX_EXTENSION_BYTES = 1024;
const MAX_TRAILER_BYTES = 8 * 1024;
const MAX_SIZE_DIGITS = 16;
/** Room that `frameChunk` needs before and after the data. */
export const CHUNK_HEAD_BYTES = 10;
export const LAST_CHUNK = '0\r\n';

// RFC 9112 7.1: 1*HEXDIG, so at least one digit, no sign and no 0x. The length is bounded, because a 32-bit parser
// would overflow.
const BAD_SIZE = localResponse(400, 'malformed chunk size');
// RFC 9112 7.1: each line with a chunk size and each chunk's data end in CRLF.
const BAD_END = localResponse(400, 'chunk without CRLF at its end');
// RFC 9112 7.1.1: extensions must be bounded. A malformed one shows a sender that may disagree about the line's end.
const BAD_EXTENSION = localResponse(400, 'malformed or over-long chunk extension');
// RFC 9112 7.1.2: trailers are field lines.
const TRAILERS_TOO_LONG = localResponse(431, `trailers over ${MAX_TRAILER_BYTES} bytes`);
const BAD_TRAILER = localResponse(400, 'malformed trailer');

const SIZE = 0;
const AFTER_SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILER_START = 7;
const TRAILER_LINE = 8;
const LAST_LF = 9;
const DONE = 10;

const trailerFields = new HeaderFields();

export class ChunkDecoder {
  #state = DONE;
  #digits = 0;
  /** While a chunk's size line is read, the size so far; while its data is read, the bytes left. */
  #remaining = 0;
  #extensionBytes = 0;
  #extension = BEGUN;
  /** True for the body of a response, of which some faults are repaired. */
  #isRepaired = false;
  #trailer: Buffer | undefined;
  #trailerBytes = 0;
  #nominated: readonly string[] | undefined;
  #fault: LocalResponse | undefined;
  #outputTo = 0;
  /** Trailers as whole field lines once `isDone`; mostly empty. */
  trailers = '';

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** Why the body is malformed, or `undefined`. A malformed body must not be decoded further. */
  get fault(): LocalResponse | undefined {
    return this.#fault;
  }

  /** Offset in the output after the data that the last `decode` wrote. */
  get outputTo(): number {
    return this.#outputTo;
  }

  /**
   * `nominated` are the names in the Connection field of the message's head. With `isRepaired`, for a response, blanks
   * behind a chunk size and faults that `repairFields` mends in trailers are no fault.
   */
  start(nominated?: readonly string[], isRepaired = false): void {
    this.#state = SIZE;
    this.#isRepaired = isRepaired;
    this.#nominated = nominated;
    this.#digits = 0;
    this.#remaining = 0;
    this.#extensionBytes = 0;
    this.#trailer = undefined;
    this.#trailerBytes = 0;
    this.#fault = undefined;
    this.trailers = '';
  }

  /**
   * Decodes input[from..to), at most to the end of the body, and copies the data to output[outputFrom..), which has
   * room for as many bytes. Returns the offset after the last byte that was decoded.
   */
  decode(input: Buffer, from: number, to: number, output: Buffer, outputFrom: number): number {
    this.#outputTo = outputFrom;
    let at = from;
    while (at < to && this.#state !== DONE && this.#fault === undefined) {
      if (this.#state === DATA) {
        const taken = Math.min(this.#remaining, to - at);
        input.copy(output, this.#outputTo, at, at + taken);
        this.#outputTo += taken;
        this.#remaining -= taken;
        at += taken;
        if (this.#remaining === 0) this.#state = DATA_CR;
      } else {
        this.#step(input[at++] as number);
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#size(byte);
        break;
      case AFTER_SIZE:
        // RFC 9112 7.1.1: whitespace after a chunk size is allowed only before the semicolon of an extension. Old
        // servers pad their sizes with blanks.
        if (byte === SEMICOLON) this.#extensionBegun();
        else if (byte === CR && this.#isRepaired) this.#state = SIZE_LF;
        else if ((byte !== SP && byte !== HTAB) || ++this.#extensionBytes > MAX_EXTENSION_BYTES) this.#fault = BAD_SIZE;
        break;
      case EXTENSION:
        this.#extensionByte(byte);
        break;
      case SIZE_LF:
        this.#expectLf(byte, this.#remaining === 0 ? TRAILER_START : DATA);
        break;
      case DATA_CR:
        if (byte === CR) this.#state = DATA_LF;
        else this.#fault = BAD_END;
        break;
      case DATA_LF:
        this.#digits = 0;
        this.#extensionBytes = 0;
        this.#expectLf(byte, SIZE);
        break;
      case TRAILER_START:
        if (byte === CR) this.#state = LAST_LF;
        else this.#trailerByte(byte);
        break;
      case TRAILER_LINE:
        this.#trailerByte(byte);
        break;
      case LAST_LF:
        this.#expectLf(byte, DONE);
        if (this.#fault === undefined && this.#trailerBytes > 0) this.#finishTrailers();
    }
  }

  #size(byte: number): void {
    const digit = HEX_VALUE[byte] as number;
    if (digit !== 255) {
      this.#remaining = this.#remaining * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS || this.#remaining > Number.MAX_SAFE_INTEGER) this.#fault = BAD_SIZE;
    } else if (this.#digits === 0) this.#fault = BAD_SIZE;
    else if (byte === CR) this.#state = SIZE_LF;
    else if (byte === SEMICOLON) this.#extensionBegun();
    else if (byte === SP || byte === HTAB) this.#state = AFTER_SIZE;
    else this.#fault = BAD_SIZE;
  }

  #extensionBegun(): void {
    this.#state = EXTENSION;
    this.#extension = BEGUN;
  }

  #extensionByte(byte: number): void {
    if (byte === CR && mayEnd(this.#extension, this.#isRepaired)) {
      this.#state = SIZE_LF;
      return;
    }
    this.#extension = nextState(this.#extension, byte);
    if (this.#extension === MALFORMED || ++this.#extensionBytes > MAX_EXTENSION_BYTES) this.#fault = BAD_EXTENSION;
  }

  #expectLf(byte: number, next: number): void {
    if (byte === LF) this.#state = next;
    else this.#fault = BAD_END;
  }

  #trailerByte(byte: number): void {
    if (this.#trailerBytes === MAX_TRAILER_BYTES) {
      this.#fault = TRAILERS_TOO_LONG;
      return;
    }
    this.#trailer ??= Buffer.allocUnsafe(MAX_TRAILER_BYTES);
    if (byte === LF && this.#trailer[this.#trailerBytes - 1] !== CR) this.#fault = BAD_TRAILER;
    this.#trailer[this.#trailerBytes++] = byte;
    this.#state = byte === LF ? TRAILER_START : TRAILER_LINE;
  }

  #finishTrailers(): void {
    const trailer = (this.#trailer as Buffer).subarray(0, this.#trailerBytes);
    const text = trailer.toString('latin1');
    trailerFields.text = text;
    const isRight = parseFields(trailer, 0, trailer.length, 0, trailerFields) === undefined;
    if (!isRight && !(this.#isRepaired && repairFields(text, trailerFields))) this.#fault = BAD_TRAILER;
    else this.trailers = keptTrailers(trailerFields, this.#nominated);
  }
}

/**
 * Writes the head and the end of a chunk around output[from..to), which has CHUNK_HEAD_BYTES of room on both sides.
 * Returns where the chunk starts; it ends at `to` + 2.
 */
export function frameChunk(output: Buffer, from: number, to: number): number {
  const head = `${(to - from).toString(16)}\r\n`;
  output.write(head, from - head.length, 'latin1');
  output[to] = CR;
  output[to + 1] = LF;
  return from - head.length;
}
