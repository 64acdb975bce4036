// Protection against request smuggling: a backend sees exactly the requests that the reference reader reads.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SOCKET_ENGINES } from '../../harness/conformance/world.ts';
import { assertHolds } from '../../harness/properties/properties.ts';
import { cut, cuts, goodRequests, oddRequests } from '../../harness/raw-http/generate.ts';
import { lineOf } from '../../harness/raw-http/line.ts';
import { meaningOf } from '../../harness/raw-http/meaning.ts';
import { RawPeer, RecordingBackend } from '../../harness/raw-http/raw.ts';
import { type RequestMessage, readRequests, readResponses } from '../../harness/raw-http/reference.ts';

const GOOD_RUNS = 300;
const ODD_RUNS = 5_000;

for (const engine of Object.keys(SOCKET_ENGINES)) {
  describe(engine, () => {
    const line = lineOf(engine, RecordingBackend.start);

    test('each valid request reaches the backend once, with the same meaning', async () => {
      await assertHolds(
        fc.asyncProperty(goodRequests, cuts, async (text, places) => {
          const due = readRequests(text).messages;
          const { seen } = await pass(text, places);
          assert.equal(seen.length, due.length);
        }),
        { numRuns: GOOD_RUNS },
      );
    });

    test('each faulty request gets a local response, or reaches the backend once with the same meaning', async () => {
      let runs = 0;
      let rejected = 0;
      let stricter = 0;
      await assertHolds(
        fc.asyncProperty(oddRequests, cuts, async (text, places) => {
          const reading = readRequests(text);
          const { seen } = await pass(text, places);
          runs++;
          if (reading.end === 'invalid') rejected++;
          if (seen.length < reading.messages.length) stricter++;
        }),
        { numRuns: ODD_RUNS },
      );
      // The test would prove nothing if few requests were invalid, or if the data plane rejected many valid ones.
      assert.ok(
        rejected >= runs / 10 && stricter <= runs / 4,
        `of ${runs} streams the reference rejects ${rejected}, and the data plane alone ${stricter}`,
      );
    });

    /** Sends `text` in pieces. Asserts that backend and client receive only what the reference reader accepts. */
    async function pass(text: string, places: readonly number[]): Promise<{ seen: readonly RequestMessage[] }> {
      const { world, backend } = line;
      const due = readRequests(text);
      const clean: (() => unknown)[] = [];
      const client = await RawPeer.connect({ after: (one: () => unknown) => clean.push(one) }, world.port);
      try {
        // A FIN ends the wait for the rest of an incomplete request. It is not sent after a request that closes the
        // connection.
        const end = due.end === 'closed' ? [] : (['FIN'] as const);
        await client.play([...cut(text, places), ...end]);
        await client.untilEnded();
      } finally {
        for (const one of clean) one();
      }
      const { requests: seen, faults } = await backend.take();
      assert.deepEqual(faults, []);
      assert.ok(seen.length <= due.messages.length, `${seen.length} requests for ${due.messages.length}`);
      for (const [index, request] of seen.entries()) {
        const sent = meaningOf(due.messages[index] as RequestMessage);
        const got = meaningOf(request);
        assert.deepEqual({ ...got, target: request.target, host: sent.host && got.host }, sent);
      }
      const methods = seen.map(({ method }) => method);
      const responses = readResponses(client.heard, [...methods, 'GET'], true);
      assert.notEqual(responses.end, 'invalid', client.heard);
      const finals = responses.messages.filter(({ status }) => status >= 200);
      const own = finals.slice(seen.length).map(({ status }) => status);
      assert.ok(own.length === 0 || (own.length === 1 && /^4/.test(`${own}`)), `local responses: ${own}`);
      for (const [index, { method, target }] of seen.entries()) {
        if (finals[index] === undefined)
          assert.notEqual(due.end, 'closed', 'each request that reached the backend gets its response');
        else if (method !== 'HEAD') assert.equal(finals[index].body, `${method} ${target}`);
      }
      return { seen };
    }
  });
}
