// Hostile responses on each engine, sent whole and byte by byte; the requests after each of them get correct responses.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { SOCKET_ENGINES } from '../../harness/conformance/world.ts';
import { assertHolds } from '../../harness/properties/properties.ts';
import { cut, cuts, oddResponses } from '../../harness/raw-http/generate.ts';
import { type Act, HOSTILE_TARGET, HostileBackend } from '../../harness/raw-http/hostile-backend.ts';
import { lineOf } from '../../harness/raw-http/line.ts';
import { RawPeer } from '../../harness/raw-http/raw.ts';
import { type ResponseMessage, readResponses, valuesOf } from '../../harness/raw-http/reference.ts';
import { HOSTILE, type HostileRow, type Outcome } from './hostile-responses.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const MAX_BYTEWISE = 2_000;
const RUNS = 1_000;
/** Timeouts for cases in which the backend sends nothing; other cases never reach them. */
const TIMEOUTS = { requestTimeoutSeconds: 1, idleTimeoutSeconds: 1 };

for (const engine of Object.keys(SOCKET_ENGINES)) {
  describe(engine, () => {
    const line = lineOf(engine, HostileBackend.start, TIMEOUTS);

    for (const row of HOSTILE) {
      test(`hostile response: ${row.rule} (${row.section})`, async (t) => {
        const acts = typeof row.play === 'string' ? [row.play] : row.play;
        await run(t, row, acts);
        const isShort = acts.every((act) => typeof act === 'object' || act.length <= MAX_BYTEWISE);
        const bytewise = acts.flatMap((act): Act[] => (isBytes(act) ? [...act] : [act]));
        if (isShort && row.isWhole === undefined && bytewise.length > 0) await run(t, row, bytewise);
      });
    }

    test('the client gets a faulty response as the reference reader reads it, or a local response instead', async () => {
      await assertHolds(
        fc.asyncProperty(oddResponses, cuts, async (text, places) => {
          const clean: (() => unknown)[] = [];
          const t = { after: (one: () => unknown) => clean.push(one) };
          try {
            const due = readResponses(text, ['GET'], true, true);
            const { client, responses } = await ask(t, `GET ${HOSTILE_TARGET} HTTP/1.1\r\nHost: a\r\n\r\n`, [
              ...cut(text, places),
              'FIN',
            ]);
            const got = finalOf(responses.messages);
            const sent = finalOf(due.messages);
            if (got !== undefined && got.status !== 502) {
              assert.deepEqual(
                [got.status, got.body, got.trailers.length <= (sent?.trailers.length ?? 0)],
                [sent?.status, sent?.body, true],
              );
            }
            await nextIsRight(t, client, responses.end === 'clean');
          } finally {
            for (const one of clean) one();
          }
        }),
        { numRuns: RUNS },
      );
    });

    async function run(t: TestContext, { request = '', client: outcome }: HostileRow, acts: readonly Act[]) {
      const { client, responses } = await ask(t, request, acts);
      isAsDue(client, responses.messages, responses.end, outcome);
      await nextIsRight(t, client, responses.end === 'clean' && !client.isEnded);
      const isReusable = typeof outcome === 'object' && outcome.isReused;
      for (const targets of line.backend.connections) {
        if (!isReusable && targets.includes(HOSTILE_TARGET))
          assert.equal(targets.at(-1), HOSTILE_TARGET, 'the connection to the backend is not reused');
        targets.length = 0;
      }
    }

    /**
     * Sends the request and plays the backend's script. Resolves with the complete response, or with what was received
     * at the end of the connection.
     */
    async function ask(t: Pick<TestContext, 'after'>, request: string, acts: readonly Act[]) {
      const client = await RawPeer.connect(t, line.world.port);
      line.backend.script = { acts, client };
      client.socket.write(request, 'latin1');
      const method = request.split(' ')[0] as string;
      const read = () => readResponses(client.heard, [method, 'GET'], client.isEnded && !client.isReset);
      await client.until(() => client.isEnded || finalOf(read().messages) !== undefined, 'a response');
      return { client, responses: read() };
    }

    /**
     * Asserts that the next request gets its correct response, on the same connection if it is kept, and on a new one.
     */
    async function nextIsRight(t: Pick<TestContext, 'after'>, client: RawPeer, isOpen: boolean): Promise<void> {
      const before = client.heard.length;
      const isKept = isOpen && !/\r\nconnection: close\r\n/i.test(client.heard);
      for (const peer of [...(isKept ? [client] : []), await RawPeer.connect(t, line.world.port)]) {
        const from = peer === client ? before : 0;
        peer.socket.write(NEXT);
        const read = () => readResponses(peer.heard.slice(from), ['GET'], false);
        await peer.until(() => peer.isEnded || read().messages.length > 0, 'the next response');
        assert.deepEqual(
          read().messages.map(({ status, body }) => [status, body]),
          [[200, 'GET /next']],
        );
      }
    }
  });
}

function isAsDue(client: RawPeer, responses: readonly ResponseMessage[], end: string, outcome: Outcome): void {
  if (outcome === 'broken') {
    assert.ok(client.isEnded);
    assert.deepEqual([finalOf(responses), end], [undefined, 'short'], client.heard);
    assert.match(client.heard, /^HTTP\/1\.1 200/);
    return;
  }
  const {
    status,
    body,
    has = [],
    lacks = [],
    interim = 0,
    trailers = [],
  } = typeof outcome === 'number' ? { status: outcome } : outcome;
  const final = finalOf(responses);
  assert.equal(final?.status, status, client.heard);
  assert.equal(responses.length - 1, interim);
  if (body !== undefined) assert.equal(final?.body, body);
  const fields = final?.fields ?? [];
  for (const due of has)
    assert.ok(
      fields.some(([name, value]) => `${name}: ${value}` === due),
      due,
    );
  for (const name of lacks) assert.deepEqual(valuesOf(fields, name), [], name);
  assert.deepEqual(
    final?.trailers.map(([name, value]) => `${name}: ${value}`),
    trailers,
  );
  assert.doesNotMatch(client.heard, /evil/);
}

function finalOf(responses: readonly ResponseMessage[]): ResponseMessage | undefined {
  return responses.find(({ status }) => status >= 200);
}

function isBytes(act: Act): act is string {
  return typeof act === 'string' && act !== 'FIN' && act !== 'RST';
}
