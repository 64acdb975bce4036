// What a worker serves, without a thread around it: nothing happens between what a test does and what it asks for.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { ConnectionGauge, createGauges } from '../../../../provider/runtime/embedded/counters.ts';
import { toEndpoint } from '../../../../provider/runtime/embedded/endpoint.ts';
import { acceptHttp } from '../../../../provider/runtime/embedded/http/accept.ts';
import { Ledger } from '../../../../provider/runtime/embedded/ledger.ts';
import { ServedState } from '../../../../provider/runtime/embedded/served-state.ts';
import { acceptTcp } from '../../../../provider/runtime/embedded/tcp/accept.ts';
import { Client, freePort, listen, listener, snapshot, target, UNCHECKED, until } from './fixtures.ts';

test('a drain answers the requests that the kernel has already, and tells their clients to close', async (t) => {
  const backend = createServer((_request, response) => response.end('hello'));
  const targets = [target(await listen(t, backend))];
  const web = listener('web', await freePort(), targets, { protocol: 'HTTP' });
  const served = new ServedState({
    workerId: 0,
    workers: 1,
    isPortShared: false,
    acceptors: { TCP: acceptTcp, HTTP: acceptHttp, HTTPS: assert.fail },
    refusers: {},
    gauge: new ConnectionGauge(createGauges(1), 0),
    log: () => {},
    onPassive: () => {},
  });
  await served.swap(new Ledger(1).advance(snapshot(1, [web]), UNCHECKED, [toEndpoint(web)]));
  const [kept, fresh, idle] = [new Client(t, web.port), new Client(t, web.port), new Client(t, web.port)];
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  kept.socket.write(request);
  await until(() => kept.text.endsWith('hello'), 'an answer');
  await Promise.all([fresh, idle].map(({ socket }) => socket.connecting && once(socket, 'connect')));
  // Written to the kernel in this turn, and read in none before the drain.
  kept.socket.write(request);
  fresh.socket.write(request);
  await Promise.all([served.drain(), ...[kept, fresh, idle].map((client) => endOf(client))]);
  assert.match(kept.text, /hello.*Connection: close.*hello$/s);
  assert.match(fresh.text, /Connection: close.*hello$/s);
  assert.equal(idle.text, '');
});

/** Ends in turn, so that the connection is closed. */
async function endOf(client: Client): Promise<void> {
  await until(() => client.hasEnded, 'the end');
  client.socket.end();
}
