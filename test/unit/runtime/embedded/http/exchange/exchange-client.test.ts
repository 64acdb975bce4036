// Exchanges of a client without a connection, with real targets: the interface for other versions of HTTP.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RuleResponse } from '../../../../../../provider/runtime/embedded/http/actions/rule-response.ts';
import { Exchange } from '../../../../../../provider/runtime/embedded/http/exchange/exchange.ts';
import type { ExchangeClient } from '../../../../../../provider/runtime/embedded/http/exchange/exchange-client.ts';
import type { BodyPart } from '../../../../../../provider/runtime/embedded/http/message/body.ts';
import { CHUNKED } from '../../../../../../provider/runtime/embedded/http/message/framing.ts';
import { Request } from '../../../../../../provider/runtime/embedded/http/message/request.ts';
import type { Response } from '../../../../../../provider/runtime/embedded/http/message/response.ts';
import type { TargetSet } from '../../../../../../provider/runtime/embedded/serving/target-set.ts';
import type { WorkerListener } from '../../../../../../provider/runtime/embedded/serving/worker-listener.ts';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

/** Returns a body part as another version of HTTP gives it: without framing, and without room for framing. */
function part(data: string, isLast: boolean): BodyPart {
  const bytes = Buffer.from(data);
  return { bytes, from: 0, to: bytes.length, hasRoom: false, isLast, trailers: '', fault: undefined };
}

/** A client that records what the exchange gives it. */
class Caller implements ExchangeClient {
  readonly request = new Request();
  readonly remoteAddress = '192.0.2.1';
  readonly forwardedClient = undefined;
  readonly isSecure = false;
  readonly record = undefined;
  readonly proxyHeader = undefined;
  readonly exchange: Exchange;
  /** Statuses of the interim responses and the final response, and names of other events, in order. */
  readonly events: (string | number)[] = [];
  fields = '';
  data = '';
  trailers = '';
  isReading = true;
  readonly #listener: WorkerListener;

  constructor(t: TestContext, listener: WorkerListener) {
    this.#listener = listener;
    this.exchange = new Exchange(this);
    t.after(() => this.exchange.destroy());
  }

  get clientLimits() {
    return this.#listener.clientLimits;
  }

  get counters() {
    return this.#listener.counters;
  }

  get settings() {
    return this.#listener.settings;
  }

  ask(method: string, framing: number, first: BodyPart): void {
    const coding = framing === CHUNKED ? 'Transfer-Encoding: chunked\r\n' : '';
    Object.assign(this.request, { method, target: '/', host: 'a', framing, isReplayable: method === 'GET' });
    this.request.head = `${method} / HTTP/1.1\r\nHost: a\r\n${coding}\r\n`;
    this.exchange.begin(first);
  }

  targetsFor(): TargetSet {
    return this.#listener.targets;
  }

  inform({ status }: Response): boolean {
    this.events.push(status);
    return true;
  }

  respond({ status, fields }: Response, cookieLine: string, first: BodyPart): boolean {
    this.events.push(status);
    this.fields = fields + cookieLine;
    return this.write(first);
  }

  write({ bytes, from, to, isLast, trailers }: BodyPart): boolean {
    this.data += bytes.toString('latin1', from, to);
    if (isLast) this.trailers = trailers;
    return this.isReading;
  }

  respondLocally(status: number, reason: string): boolean {
    this.events.push(`${status} ${reason}`);
    return true;
  }

  respondByRule({ status }: RuleResponse): boolean {
    this.events.push(`rule ${status}`);
    return true;
  }

  reset(): void {
    this.events.push('reset');
  }

  exchangeEnded(): void {
    this.events.push('ended');
  }

  resumeRequest(): void {
    this.events.push('resume');
  }

  switchProtocol(): void {
    this.events.push('switch');
  }

  async untilEnded(): Promise<void> {
    await untilTrue(() => this.events.includes('ended') || this.events.includes('reset'), 'the end of the exchange');
  }
}

const NO_BODY = part('', true);

async function caller(t: TestContext, ports: readonly number[]): Promise<Caller> {
  const proxy = await HttpProxy.start(t, ports);
  return new Caller(t, proxy.listener);
}

test('unframed data goes to the target as chunks and comes back unframed', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.untilReceived('0\r\n\r\n');
    peer.write('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n');
    peer.write('HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    peer.write('6\r\n world\r\n0\r\nX-Sum: 2\r\n\r\n');
  });
  const client = await caller(t, [backend.port]);
  client.ask('POST', CHUNKED, part('one', false));
  await (await backend.peer(0)).untilReceived('one');
  client.exchange.requestData(part('and two', false));
  client.exchange.requestData(part('', true));
  await client.untilEnded();
  assert.equal(
    backend.peers[0]?.received,
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n7\r\nand two\r\n0\r\n\r\n',
  );
  assert.deepEqual(client.events, [103, 200, 'ended']);
  assert.deepEqual([client.fields, client.data, client.trailers], ['X: 1\r\n', 'hello world', 'X-Sum: 2\r\n']);
});

test('consecutive exchanges use the same connection to the target', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const client = await caller(t, [backend.port]);
  for (let count = 1; count <= 3; count++) {
    client.ask('GET', 0, NO_BODY);
    await untilTrue(() => client.events.length === 2 * count, 'the end');
  }
  assert.deepEqual(client.events, [200, 'ended', 200, 'ended', 200, 'ended']);
  assert.equal(client.data, 'hellohellohello');
  assert.equal(backend.peers.length, 1);
});

test('a slow client stops the target until it can take more', async (t) => {
  const size = 32 * 1024 * 1024;
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    peer.socket.write(Buffer.alloc(size, 'x'));
  });
  const client = await caller(t, [backend.port]);
  client.isReading = false;
  client.ask('GET', 0, NO_BODY);
  await untilTrue(() => client.events.includes(200), 'the head');
  const target = await backend.peer(0);
  // The kernel takes a part of the response; the rest stays with the target.
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(client.data.length < size && target.socket.writableLength > 0);
  client.isReading = true;
  client.exchange.clientWritable();
  await client.untilEnded();
  assert.equal(client.data.length, size);
});

test('the client gets the reason if there is no target or the target fails', async (t) => {
  const nobody = await caller(t, []);
  nobody.ask('GET', 0, NO_BODY);
  assert.deepEqual(nobody.events, ['503 no target takes traffic', 'ended']);

  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');
    await untilTrue(() => cut.data === 'hel', 'the beginning');
    peer.socket.destroy();
  });
  const cut = await caller(t, [backend.port]);
  cut.ask('GET', 0, NO_BODY);
  await cut.untilEnded();
  assert.deepEqual(cut.events, [200, 'reset']);
});
