// What peers have acknowledged of the bytes that were written to them, from the kernel's table of TCP connections.

import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { performance } from 'node:perf_hooks';
import { plainAddress } from '../../../model/base/plain-address.ts';
import type { Connection, ConnectionEnd } from './connection.ts';

/** Output of one or several connections. */
export interface Output {
  /** Bytes that the peers' kernels have acknowledged so far. */
  readonly acknowledged: number;
  /**
   * Bytes that the peers have read so far. Those that a peer on another machine has acknowledged count as read. On the
   * same machine, segments of 64 KiB let a kernel acknowledge nothing until half of the peer's buffer was read, which
   * takes a slow reader several idle times.
   */
  readonly read: number;
  /** Bytes that the peers' kernels have not acknowledged. */
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
    const queues = await readQueues(asked.flatMap(({ ends }) => ends));
    for (const { ends, receive } of asked) receive(outputOf(ends, queues));
    const pauseMs = Math.min((performance.now() - startedAt) * PAUSE_FACTOR, MAX_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
  }
  isReading = false;
}

interface Ends {
  /** Both ends of the connection, as the table shows them. */
  readonly key: string;
  /** If the peer is on this machine: the keys that its own end of the connection may have. */
  readonly peerKeys: readonly string[];
  readonly handedOver: number;
}

function endsOf({ kernelEnds, handedOver }: Connection): Ends[] {
  if (kernelEnds === undefined || handedOver === undefined) return [];
  const { local, remote } = kernelEnds;
  const key = keyOf(local, remote);
  // The kernel connects to an address of the machine from the same address, or from 127.0.0.1 to another loopback one.
  const isHere = local.address === remote.address || (isLoopback(local) && isLoopback(remote));
  return [{ key, peerKeys: isHere ? peerKeys(local, remote) : [], handedOver }];
}

function isLoopback({ address }: ConnectionEnd): boolean {
  return address.startsWith('127.');
}

/**
 * The keys that the other end of a connection may have. A socket that was bound to `::` has IPv4 addresses mapped into
 * IPv6 (RFC 4291 2.5.5.2), often at one end of a connection alone.
 */
function peerKeys(local: ConnectionEnd, remote: ConnectionEnd): string[] {
  return [keyOf(remote, local), keyOf(inOtherForm(remote), inOtherForm(local))];
}

/** An IPv4 address mapped into IPv6, or the other way round. An address with one form alone stays as it is. */
function inOtherForm({ address, port }: ConnectionEnd): ConnectionEnd {
  return { address: isIPv4(address) ? `::ffff:${address}` : plainAddress(address), port };
}

function keyOf(first: ConnectionEnd, second: ConnectionEnd): string {
  return `${hexEnd(first.address, first.port)} ${hexEnd(second.address, second.port)}`;
}

interface Queues {
  /** Bytes that were sent, and those that wait for the network, without acknowledgement. */
  readonly toPeer: number;
  /** Bytes that were received, and that the program has not read. */
  readonly toProgram: number;
}

function outputOf(ends: readonly Ends[], queues: ReadonlyMap<string, Queues>): Output | undefined {
  let isKnown = false;
  const output = { acknowledged: 0, read: 0, outstanding: 0 };
  for (const { key, peerKeys, handedOver } of ends) {
    const own = queues.get(key);
    if (own === undefined) continue;
    isKnown = true;
    const unread = peerKeys.map((peerKey) => queues.get(peerKey)).find((peer) => peer !== undefined)?.toProgram ?? 0;
    output.acknowledged += handedOver - own.toPeer;
    output.read += handedOver - own.toPeer - unread;
    output.outstanding += own.toPeer;
  }
  return isKnown ? output : undefined;
}

/** Returns the queues of the connections, and of their other ends on this machine, as far as they exist. */
async function readQueues(ends: readonly Ends[]): Promise<ReadonlyMap<string, Queues>> {
  const wanted = new Set(ends.flatMap(({ key, peerKeys }) => [key, ...peerKeys]));
  const queues = new Map<string, Queues>();
  const isV4 = (key: string) => key.indexOf(':') === 8;
  const keys = [...wanted];
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
function collect(table: string, wanted: ReadonlySet<string>, queues: Map<string, Queues>): void {
  for (let at = table.indexOf('\n') + 1; at > 0; at = table.indexOf('\n', at) + 1) {
    const from = table.indexOf(': ', at) + 2;
    const remoteAt = table.indexOf(' ', from) + 1;
    const to = table.indexOf(' ', remoteAt);
    const key = table.slice(from, to);
    if (from <= 1 || !wanted.has(key)) continue;
    const number = (offset: number) => Number.parseInt(table.slice(to + offset, to + offset + 8), 16);
    queues.set(key, { toPeer: number(4), toProgram: number(13) });
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
