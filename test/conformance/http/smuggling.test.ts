// No request is smuggled: what the reference does not read as a request never reaches a backend, and what it reads does so once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ENGINES } from '../../harness/conformance/world.ts';
import { assertHolds } from '../../harness/properties/properties.ts';
import { cut, cuts, goodRequests, oddRequests } from '../../harness/raw-http/generate.ts';
import { lineOf } from '../../harness/raw-http/line.ts';
import { meaningOf } from '../../harness/raw-http/meaning.ts';
import { RawPeer, RecordingBackend } from '../../harness/raw-http/raw.ts';
import { type RequestMessage, readRequests, readResponses } from '../../harness/raw-http/reference.ts';

const GOOD_RUNS = 300;
const ODD_RUNS = 5_000;

for (const engine of Object.keys(ENGINES)) {
  describe(engine, () => {
    const line = lineOf(engine, RecordingBackend.start);

    test('requests of the grammar reach the backend once each, with the same meaning', async () => {
      await assertHolds(
        fc.asyncProperty(goodRequests, cuts, async (text, places) => {
          const due = readRequests(text).messages;
          const { seen } = await pass(text, places);
          assert.equal(seen.length, due.length);
        }),
        { numRuns: GOOD_RUNS },
      );
    });

    test('requests with faults are refused, or reach the backend once each, with the same meaning', async () => {
      let runs = 0;
      let refused = 0;
      let stricter = 0;
      await assertHolds(
        fc.asyncProperty(oddRequests, cuts, async (text, places) => {
          const reading = readRequests(text);
          const { seen } = await pass(text, places);
          runs++;
          if (reading.end === 'refused') refused++;
          if (seen.length < reading.messages.length) stricter++;
        }),
        { numRuns: ODD_RUNS },
      );
      // Else it would prove nothing.
      assert.ok(refused >= runs / 10 && stricter <= runs / 4, `of ${runs} ${refused} refused, ${stricter} by us alone`);
    });

    /** Sends `text` in pieces; fails unless all that comes out at both ends is of what the reference reads. */
    async function pass(text: string, places: readonly number[]): Promise<{ seen: readonly RequestMessage[] }> {
      const { world, backend } = line;
      const due = readRequests(text);
      const clean: (() => unknown)[] = [];
      const client = await RawPeer.connect({ after: (one: () => unknown) => clean.push(one) }, world.port);
      try {
        // Whoever waits for the rest of what is no request waits for nothing.
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
      assert.notEqual(responses.end, 'refused', client.heard);
      const finals = responses.messages.filter(({ status }) => status >= 200);
      const own = finals.slice(seen.length).map(({ status }) => status);
      assert.ok(own.length === 0 || (own.length === 1 && /^4/.test(`${own}`)), `refused with ${own}`);
      for (const [index, { method, target }] of seen.entries()) {
        if (finals[index] === undefined)
          assert.notEqual(due.end, 'closed', 'each request that arrived gets its response');
        else if (method !== 'HEAD') assert.equal(finals[index].body, `${method} ${target}`);
      }
      return { seen };
    }
  });
}
