// What peers have acknowledged of the bytes that were written to them, from the kernel's table of TCP connections.
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { Connection } from './connection.ts';

/** Output of one or several connections: bytes that peers have acknowledged so far, and bytes that they have not. */
export interface Output {
  readonly acknowledged: number;
  readonly outstanding: number;
}

interface Question {
  readonly connections: readonly Connection[];
  readonly receive: (output: Output | undefined) => void;
}

/**
 * Time between two reads of the table, as a multiple of what the last one took: reading it may take a tenth of a
 * thread's time. 13,000 connections take 3 to 16 ms.
 */
const PAUSE_FACTOR = 9;
/** Longest pause: on a busy machine, most of the time of a read is a wait for the processor. */
const MAX_PAUSE_MS = 1_000;

let questions: Question[] = [];
let isReading = false;

/**
 * Looks up the output of the connections, all questions of a moment in one read of the table. `receive` gets
 * `undefined` if the kernel tells nothing of them: outside of Linux, say.
 */
export function lookUpOutput(connections: readonly Connection[], receive: Question['receive']): void {
  if (process.platform !== 'linux') {
    receive(undefined);
    return;
  }
  questions.push({ connections, receive });
  if (!isReading) void readAll();
}

async function readAll(): Promise<void> {
  isReading = true;
  while (questions.length > 0) {
    const startedAt = performance.now();
    // Bytes that are written during the read may be missing in the table. Until the peer acknowledges them, they would
    // count as acknowledged; therefore what was handed to the kernel is noted before the read.
    const asked = questions.map((question) => ({ ...question, ends: question.connections.flatMap(endsOf) }));
    questions = [];
    const queues = await readQueues(asked.flatMap(({ ends }) => ends.map(({ key }) => key)));
    for (const { ends, receive } of asked) receive(outputOf(ends, queues));
    const pauseMs = Math.min((performance.now() - startedAt) * PAUSE_FACTOR, MAX_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
  }
  isReading = false;
}

interface Ends {
  /** Both ends of the connection, as the table shows them. */
  readonly key: string;
  readonly handedOver: number;
}

function endsOf({ kernelEnds, handedOver }: Connection): Ends[] {
  if (kernelEnds === undefined || handedOver === undefined) return [];
  const { local, remote } = kernelEnds;
  return [{ key: `${hexEnd(local.address, local.port)} ${hexEnd(remote.address, remote.port)}`, handedOver }];
}

function outputOf(ends: readonly Ends[], queues: ReadonlyMap<string, number>): Output | undefined {
  const known = ends.filter(({ key }) => queues.has(key));
  if (known.length === 0) return undefined;
  const outstanding = known.reduce((sum, { key }) => sum + (queues.get(key) as number), 0);
  return { acknowledged: known.reduce((sum, { handedOver }) => sum + handedOver, 0) - outstanding, outstanding };
}

/** Returns the send queue of each connection whose key is wanted, in bytes, as far as the connection exists. */
async function readQueues(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const wanted = new Set(keys);
  const queues = new Map<string, number>();
  const isV4 = (key: string) => key.indexOf(':') === 8;
  const files = [keys.some(isV4) ? 'tcp' : undefined, keys.every(isV4) ? undefined : 'tcp6'];
  for (const file of files) {
    if (file === undefined) continue;
    // A failed read says nothing of any connection.
    const table = await readFile(`/proc/self/net/${file}`, 'latin1').catch(() => '');
    collect(table, wanted, queues);
  }
  return queues;
}

/** Reads lines such as ` 0: 0100007F:1F90 0100007F:C350 01 00000A00:00000000 ...`: both ends, state and queues. */
function collect(table: string, wanted: ReadonlySet<string>, queues: Map<string, number>): void {
  for (let at = table.indexOf('\n') + 1; at > 0; at = table.indexOf('\n', at) + 1) {
    const from = table.indexOf(': ', at) + 2;
    const remoteAt = table.indexOf(' ', from) + 1;
    const to = table.indexOf(' ', remoteAt);
    const key = table.slice(from, to);
    if (from > 1 && wanted.has(key)) queues.set(key, Number.parseInt(table.slice(to + 4, to + 12), 16));
  }
}

/** An address and port as the table writes them: 32-bit words in the byte order of (nearly) all machines. */
export function hexEnd(address: string, port: number): string {
  const bytes = isIPv4(address) ? address.split('.').map(Number) : bytesOfIPv6(address);
  let text = '';
  for (let word = 0; word < bytes.length; word += 4) {
    for (let byte = 3; byte >= 0; byte--) text += hex(bytes[word + byte] as number, 2);
  }
  return `${text}:${hex(port, 4)}`;
}

function bytesOfIPv6(address: string): number[] {
  const [plain = ''] = address.split('%');
  const groups = plain.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.slice(0, 4).map((byte) => hex(Number(byte), 2));
    return `${a}${b}:${c}${d}`;
  });
  const [head = [], tail] = groups.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const all = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
