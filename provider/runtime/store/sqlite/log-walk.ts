// Whether the write-ahead log of a database is whole. SQLite takes the first frame that it cannot read for the end of the
// log, and drops what is behind it without a word. Format: https://sqlite.org/fileformat2.html#walformat
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface LogWalk {
  /** Commits that SQLite reads. */
  readonly commits: number;
  /** The size of the log up to the last of these commits. `undefined` if the header cannot be read. */
  readonly bytes?: number;
  /** What is wrong with the log, if writes were lost; otherwise `undefined`. */
  readonly damage?: string;
}

/** The bytes of a log. `read` fills the buffer from the position on. */
export interface LogBytes {
  readonly size: number;
  readonly read: (position: number, into: Uint8Array) => void;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAX_PAGE_BYTES = 64 * 1024;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;
/** A write that a power cut has torn is the last one: each commit is on the disk before the next one begins. */
const MAX_TORN_COMMITS = 1;

/** The log beside a database file. Returns `undefined` if there is none. */
export function walkLogFile(log: string): LogWalk | undefined {
  let file: number;
  try {
    file = openSync(log, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return walkLog({
      size: fstatSync(file).size,
      read: (position, into) => void readSync(file, into, 0, into.length, position),
    });
  } finally {
    closeSync(file);
  }
}

/** Reads a log once from its beginning, with the space of one frame. */
export function walkLog({ size, read }: LogBytes): LogWalk {
  if (size <= HEADER_BYTES) return { commits: 0, bytes: 0 };
  const header = viewOf(HEADER_BYTES);
  read(0, bytesOf(header));
  const magic = header.getUint32(0);
  const isLittleEndian = magic === MAGIC_LITTLE_ENDIAN;
  const pageBytes = header.getUint32(8);
  let sums = summed([0, 0], header, 0, FRAME_HEADER_BYTES, isLittleEndian);
  if ((!isLittleEndian && magic !== MAGIC_BIG_ENDIAN) || pageBytes > MAX_PAGE_BYTES || !areAt(sums, header, 24)) {
    return { commits: 0, damage: 'its header cannot be read' };
  }
  const frame = viewOf(FRAME_HEADER_BYTES + pageBytes);
  let isReadable = true;
  let commits = 0;
  let behind = 0;
  let frames = 0;
  let bytes = 0;
  for (let position = HEADER_BYTES; position + frame.byteLength <= size; position += frame.byteLength) {
    read(position, bytesOf(frame));
    // Frames with other salts are left of an earlier log, whose pages are in the database file.
    const isOfThisLog = frame.getUint32(8) === header.getUint32(16) && frame.getUint32(12) === header.getUint32(20);
    const isCommit = frame.getUint32(4) > 0;
    if (isReadable) {
      sums = summed(sums, frame, 0, 8, isLittleEndian);
      sums = summed(sums, frame, FRAME_HEADER_BYTES, frame.byteLength, isLittleEndian);
      isReadable = isOfThisLog && frame.getUint32(0) > 0 && areAt(sums, frame, 16);
    }
    if (isReadable) frames++;
    if (isCommit && isReadable) {
      commits++;
      bytes = position + frame.byteLength;
    } else if (isCommit && isOfThisLog) behind++;
  }
  if (behind <= MAX_TORN_COMMITS) return { commits, bytes };
  return { commits, bytes, damage: `frame ${frames + 1} cannot be read, and ${behind} newer writes are behind it` };
}

type Sums = readonly [number, number];

/** The checksum of SQLite over two more words at a time. */
function summed([first, second]: Sums, view: DataView, from: number, to: number, isLittleEndian: boolean): Sums {
  let [a, b] = [first, second];
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, isLittleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, isLittleEndian) + a) >>> 0;
  }
  return [a, b];
}

function areAt([first, second]: Sums, view: DataView, at: number): boolean {
  return view.getUint32(at) === first && view.getUint32(at + 4) === second;
}

function viewOf(bytes: number): DataView {
  return new DataView(new ArrayBuffer(bytes));
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
