// The ports that the quick start chooses.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { freePortFrom, settlePort } from '../../../.toolchain/demo/ports.ts';

/** A port below 65,000 on which a server listens. */
async function takenPort(t: TestContext): Promise<number> {
  for (;;) {
    const server = net.createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    if (port < 65_000) return port;
  }
}

it('skips a port that is taken, and ports that are kept for others', async (t) => {
  const taken = await takenPort(t);
  const chosen = await freePortFrom(taken, new Set([taken + 1]));
  assert.ok(chosen > taken + 1 && chosen < taken + 50, `${chosen}`);
});

it('keeps a port that is free, and replaces one that was taken meanwhile', async (t) => {
  const taken = await takenPort(t);
  const record = { ports: { http: taken, tcp: 0 }, processes: {}, config: {} };
  record.ports.tcp = await freePortFrom(taken, new Set());
  assert.equal(await settlePort(record, 'tcp'), record.ports.tcp);
  const moved = await settlePort(record, 'http');
  assert.ok(moved !== taken && moved !== record.ports.tcp);
  assert.equal(record.ports.http, moved);
});
