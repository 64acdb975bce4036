// Raw requests on each engine, over TCP and TLS, each sent in whole packets and once more byte by byte.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { SOCKET_ENGINES, type World } from '../../harness/conformance/world.ts';
import { makePair } from '../../harness/machine/certificates.ts';
import { lineOf } from '../../harness/raw-http/line.ts';
import { RawPeer, RecordingBackend, type Step } from '../../harness/raw-http/raw.ts';
import {
  type Field,
  type RequestMessage,
  type ResponseMessage,
  readResponses,
  valuesOf,
} from '../../harness/raw-http/reference.ts';
import { FORWARDED_REQUESTS, type ForwardedRequest } from './forwarded-requests.ts';
import { REJECTED_REQUESTS } from './rejected-requests.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
/** Requests longer than this are not repeated byte by byte, because that would take long; they test sizes only. */
const MAX_BYTEWISE = 2_000;

interface Row {
  readonly send: string | readonly Step[];
  readonly seen: readonly (ForwardedRequest | string)[];
  readonly ending: 'open' | 'closed' | 'cut' | number;
  readonly interim: number;
  readonly isWhole?: true | undefined;
  readonly isSecure: boolean;
}

interface Line {
  readonly world: World;
  readonly backend: RecordingBackend;
}

/** The listeners under test. Over TLS, reads return other pieces, and the end of the stream is a close_notify alert. */
const LISTENERS = { HTTP: {}, HTTPS: { protocol: 'HTTPS', certificates: { site: makePair(['a']) } } };
/** Requests and expectations that name the scheme would differ over TLS, so they are tested without TLS only. */
const OF_HTTP = /http:\/\/|X-Forwarded-Proto/i;

for (const engine of Object.keys(SOCKET_ENGINES)) {
  for (const [protocol, listener] of Object.entries(LISTENERS)) {
    const isSecure = protocol === 'HTTPS';
    const isDue = (row: object) => !isSecure || !OF_HTTP.test(JSON.stringify(row));
    describe(`${engine}, ${protocol}`, () => {
      const line = lineOf(engine, RecordingBackend.start, listener);

      for (const row of REJECTED_REQUESTS.filter(isDue)) {
        const [rule, section, send, ending = 400] = row;
        test(`gets a local response: ${rule} (${section})`, (t) =>
          runBoth(t, line, { send, seen: [], ending, interim: countOf100(send), isSecure }));
      }
      for (const row of FORWARDED_REQUESTS.filter(isDue)) {
        const { rule, section, send, seen, ending = 'open', interim = 0, isWhole } = row;
        test(`is forwarded: ${rule} (${section})`, (t) =>
          runBoth(t, line, { send, seen, ending, interim, isWhole, isSecure }));
      }
    });
  }
}

async function runBoth(t: TestContext, line: Line, row: Row): Promise<void> {
  await run(t, line, row);
  const steps = stepsOf(row.send);
  const isShort = steps.every((step) => typeof step !== 'string' || step.length <= MAX_BYTEWISE);
  if (isShort && row.isWhole === undefined)
    await run(t, line, { ...row, send: steps.flatMap((step): Step[] => (isBytes(step) ? [...step] : [step])) });
}

async function run(
  t: TestContext,
  { world, backend }: Line,
  { send, seen, ending, interim, isSecure }: Row,
): Promise<void> {
  const expected = seen.map((one) => (typeof one === 'string' ? { line: one, body: '' } : one));
  const client = await RawPeer.connect(t, world.port, isSecure);
  await client.play(stepsOf(send));
  if (ending === 'open') client.socket.write(NEXT);
  const due = ending === 'open' ? [...expected, { line: 'GET /next' }] : expected;
  const methods = due.map(({ line }) => line.split(' ')[0] as string);
  const read = () => readResponses(client.heard, [...methods, 'GET'], client.isEnded);
  if (ending === 'open')
    await client.until(() => client.isEnded || finals(read().messages).length >= due.length, 'all responses');
  else await client.untilEnded();

  const { requests, faults } = await recorded(client, backend, ending);
  assert.deepEqual(faults, [], 'every request that reached the backend is well framed');
  assert.deepEqual(
    requests.map(({ method, target }) => `${method} ${target}`),
    due.map(({ line }) => line),
  );
  for (const [index, one] of expected.entries()) isAsSeen(requests[index] as RequestMessage, one);

  const responses = read();
  assert.notEqual(responses.end, 'invalid', responses.reason);
  const statuses = finals(responses.messages).map(({ status }) => status);
  assert.deepEqual(statuses, [...due.map(() => 200), ...(typeof ending === 'number' ? [ending] : [])]);
  assert.equal(responses.messages.length - statuses.length, interim);
  for (const [index, { line }] of due.entries()) {
    if (methods[index] !== 'HEAD') assert.equal(finals(responses.messages)[index]?.body, line);
  }
  assert.equal(client.heard.slice(responses.at), '', 'no bytes follow the last response');
}

/** Closes the client's connection if it is still open, and returns the requests that the backend received. */
async function recorded(client: RawPeer, backend: RecordingBackend, ending: Row['ending']) {
  if (ending === 'open') client.socket.destroy();
  return backend.take();
}

function isAsSeen(request: RequestMessage, { body, has = [], lacks = [], trailers = [] }: ForwardedRequest): void {
  const lines = request.fields.map(toLine);
  for (const line of has) {
    const due = has.filter((other) => other === line).length;
    // An expected line that ends with ": " matches any value of the field.
    const found = lines.filter((other) => other === line || (line.endsWith(': ') && other.startsWith(line)));
    assert.equal(found.length, due, `${line} in ${JSON.stringify(lines)}`);
  }
  for (const name of lacks) assert.deepEqual(valuesOf(request.fields, name), [], name);
  assert.equal(request.body, body ?? '');
  assert.deepEqual(request.trailers.map(toLine), trailers);
}

function toLine([name, value]: Field): string {
  return `${name}: ${value}`;
}

function finals(responses: readonly ResponseMessage[]): ResponseMessage[] {
  return responses.filter(({ status }) => status >= 200);
}

function stepsOf(send: string | readonly Step[]): readonly Step[] {
  return typeof send === 'string' ? [send] : send;
}

function isBytes(step: Step): step is string {
  return typeof step === 'string' && step !== 'FIN';
}

/** Returns how many responses with status 100 the client must receive: one for each step that waits for one. */
function countOf100(send: string | readonly Step[]): number {
  return stepsOf(send).filter((step) => typeof step === 'object').length;
}
