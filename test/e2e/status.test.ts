// `weir status` in a terminal and without one: rows that fit, a screen that scrolls, filters, owners and rates.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { MAIN, RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { PseudoTerminal } from '../harness/terminal/pseudo-terminal.ts';

const owner = (stack: string, project: string, name: string) => ({
  owner: `urn:pulumi:${stack}::${project}::weir:index:Thing::${name}`,
});
const unchecked = { healthCheck: { protocol: 'none' } };
const LONG = `${'long-'.repeat(20)}name`;

/** Starts a server that responds with 200, or with 500 to the path `/fail`, and returns its port. */
async function server(t: TestContext): Promise<number> {
  const backend = createServer(({ url }, response) => {
    response.statusCode = url === '/fail' ? 500 : 200;
    response.end('x');
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  t.after(() => {
    backend.closeAllConnections();
    backend.close();
  });
  return (backend.address() as AddressInfo).port;
}

class Shop {
  readonly runtime: RuntimeProcess;
  readonly url: string;

  private constructor(runtime: RuntimeProcess, url: string) {
    this.runtime = runtime;
    this.url = url;
  }

  /** Starts a runtime: listener web of platform/prod, rules of shop/dev, targets of both, and listener db of data/dev. */
  static async start(t: TestContext, backend = 9): Promise<Shop> {
    const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
    const [port, tcpPort] = [await freePort(), await freePort()];
    const put = (path: string, body: object) => runtime.done('PUT', `/v1/${path}`, { incarnation: 'i', ...body });
    const platform = (name: string) => ({ ...owner('prod', 'platform', name), sharedWith: ['shop/*', 'data/*'] });
    await put('load-balancers/lb', { ...platform('lb'), address: '127.0.0.1' });
    const web = { loadBalancerId: 'lb', protocol: 'HTTP', port, ...unchecked, tags: { team: 'web' } };
    await put('listeners/web-1a2b3c4d', { ...platform('front'), ...web });
    const rule = { ...owner('dev', 'shop', 'api'), listenerId: 'web-1a2b3c4d', ...unchecked };
    await put('rules/api-5e6f', { ...rule, host: 'shop.example.com', path: '/api', pathMatch: 'exact' });
    await put('rules/idle-7777', { ...rule, host: '*.idle.example.com' });
    await put('attachments/own', {
      ...owner('prod', 'platform', 'own'),
      listenerId: 'web-1a2b3c4d',
      targets: {
        a: { address: '127.0.0.1', port: backend },
        [LONG]: { address: '2001:db8:1111:2222:3333:4444:5555:6666', port: 65535 },
        [`负载均衡${'服务器'.repeat(20)}`]: { address: '127.0.0.1', port: 2 },
        [`${'🚀'.repeat(30)}`]: { address: '127.0.0.1', port: 3 },
        [`${'e\u0301'.repeat(60)}`]: { address: '127.0.0.1', port: 4 },
      },
    });
    await put('attachments/shop', {
      ...owner('dev', 'shop', 'pool'),
      ruleId: 'api-5e6f',
      targets: { s: { address: '127.0.0.1', port: 5 } },
    });
    const db = { ...owner('dev', 'data', 'db'), loadBalancerId: 'lb', protocol: 'TCP', port: tcpPort, ...unchecked };
    await put('listeners/db-9f', { ...db });
    await put('attachments/db', {
      ...owner('dev', 'data', 'pool'),
      listenerId: 'db-9f',
      targets: { d: { address: '127.0.0.1', port: 6 } },
    });
    return new Shop(runtime, `http://127.0.0.1:${port}`);
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: this.runtime.home, WEIR_ENDPOINT: this.runtime.url, WEIR_TOKEN: '' };
  }

  status(...args: string[]) {
    return spawnSync(process.execPath, [MAIN, 'status', ...args], { encoding: 'utf8', env: this.env });
  }

  terminal(t: TestContext, rows: number, columns: number, ...args: string[]): PseudoTerminal {
    return new PseudoTerminal(t, [process.execPath, MAIN, 'status', ...args], { rows, columns, env: this.env });
  }
}

test('without a terminal nothing is cut; in one, each row fits its width; unknown values of filters say what there is', async (t) => {
  const shop = await Shop.start(t);
  const { stdout } = shop.status();
  assert.match(stdout, new RegExp(`^${LONG} +\\[2001:db8:1111:2222:3333:4444:5555:6666\\]:65535 +100 `, 'm'));
  assert.match(stdout, /^target +address +weight +health +since +requests +errors +active +draining +last error$/m);
  assert.match(stdout, /^web-1a2b3c4d {2}http:\/\/127\.0\.0\.1:\d+ {2}platform\/prod {2}0 requests, 0 errors$/m);
  assert.match(stdout, /^rule api-5e6f {2}shop\.example\.com\/api \(exact\) {2}shop\/dev$/m);
  assert.match(
    stdout,
    /^rule idle-7777 {2}\*\.idle\.example\.com {2}shop\/dev {2}takes no requests: it has no attachment$/m,
  );
  assert.match(stdout, /^db-9f {2}tcp:\S+ {2}data\/dev {2}on lb of platform\/prod {2}0 connections, 0 rejected$/m);
  for (const columns of [40, 80, 200]) {
    const terminal = shop.terminal(t, 60, columns);
    assert.equal(await terminal.ended(), 0);
    assert.equal(terminal.screen.overflows, 0, terminal.screen.text);
    for (const cut of ['long-', '负载', ...(columns < 100 ? ['🚀🚀', 'e\u0301e\u0301'] : [])])
      assert.match(terminal.screen.text, new RegExp(`^${cut}.*…`, 'm'));
    assert.match(terminal.screen.text, /^d +(127\.0\.0\.1:6 +)?100 +unchecked/m);
    // The port of an endpoint and of an IPv4 address is never cut.
    assert.match(terminal.screen.text, /^web-1\S+ {2}http:\/\/127\.0\.0\.1:\d+(?!.*:\S*…)/m);
    if (columns >= 80) assert.match(terminal.screen.text, /^a +127\.0\.0\.1:9 /m);
  }
  assert.doesNotMatch(shop.status('--stack', 'shop/dev', '--health', 'unchecked').stdout, /^(a|d|db-9f) /m);
  // The listener is shown for the stack of its load balancer, and its target is not.
  const filtered = shop.status('--listener', 'db-9f', '--stack', 'platform/prod').stdout;
  assert.match(filtered, /^db-9f .*\n1 target, of which none passes the filters\n$/m);
  const messages = [
    [['--listener', 'we'], /^weir: no listener we: there are db-9f, web-1a2b3c4d\n$/],
    [['--health', 'sick'], /The states are healthy, unhealthy, checking, unchecked, ineligible\./],
  ] as const;
  for (const [args, message] of messages) {
    const { status, stderr } = shop.status(...args);
    assert.deepEqual([status, message.test(stderr)], [1, true], stderr);
  }
});

test('the watching screen scrolls through thousands of rows, keeps its place, follows the size and leaves no trace', async (t) => {
  const shop = await Shop.start(t, await server(t));
  const target = (index: number) => [
    `t${String(index).padStart(4, '0')}`,
    { address: '127.0.0.1', port: 10_000 + index },
  ];
  for (let first = 0; first < 2000; first += 500) {
    const targets = Object.fromEntries(Array.from({ length: 500 }, (_, index) => target(first + index)));
    await shop.runtime.done('PUT', `/v1/attachments/many-${first}`, { listenerId: 'db-9f', targets });
  }
  const terminal = shop.terminal(t, 24, 80, '--watch', '--listener', 'db-9f');
  const { screen } = terminal;
  await terminal.shows(
    /listeners: 1, targets: 2001 \(2001 unchecked\)[\s\S]*lines 1-22 of 20\d\d {2}q: quit {2}Up Down/,
  );
  assert.deepEqual([screen.modes.has('1049'), screen.modes.has('25')], [true, false]);
  terminal.type('\x1b[6~\x1b[6~\x1b[B');
  await terminal.shows(/^.*\ndb-9f .*\ntarget .*\nt0034 /);
  terminal.type('\x1b[A');
  await terminal.shows(/^.*\ndb-9f .*\ntarget .*\nt0033 /);
  // A target above the first row comes, and that of the first row goes.
  await shop.runtime.done('PATCH', '/v1/attachments/db', { targets: { above: { address: '127.0.0.1', port: 7 } } });
  await shop.runtime.done('PATCH', '/v1/attachments/many-0', { targets: { t0033: null } });
  await terminal.shows(/targets: 2001 [\s\S]*\ndb-9f .*\ntarget .*\nt0034 /);
  terminal.type('\x1b[F');
  await terminal.shows(/t1999 .*\nlines \d+-(\d+) of \1 /);
  terminal.resize(40, 200);
  await terminal.shows(/t1999 .*\nlines \d+-(\d+) of \1 /);
  const isFull = () => screen.lines.filter((line) => line.startsWith('t1')).length === 36;
  await until('as many rows as the screen has', () => isFull() || undefined);
  terminal.type('g');
  await terminal.shows(/lines 1-38 of/);
  assert.equal(screen.overflows, 0, terminal.written);
  terminal.resize(10, 40);
  await terminal.shows(/lines 1-7 of/);
  // Until then, the program may not know the new size yet.
  screen.overflows = 0;
  const before = terminal.written.length;
  await until('a refresh', () => terminal.written.length > before || undefined);
  assert.ok(terminal.written.length - before < 5 * 10 * 60, 'a refresh writes only the rows of the screen');
  assert.equal(screen.overflows, 0);
  terminal.type('q');
  assert.equal(await terminal.ended(), 0);
  assert.deepEqual([...screen.modes].sort(), ['25', '7']);
});

test('the watching screen shows rates and shares of errors, and the status without it their totals', async (t) => {
  const shop = await Shop.start(t, await server(t));
  const terminal = shop.terminal(t, 30, 120, '--watch', '--listener', 'web-1a2b3c4d');
  await terminal.shows(/^target +address +weight +health +since +per s +errors/m);
  let isOver = false;
  const weights = Object.fromEntries([LONG].map((name) => [name, { weight: 0 }]));
  await shop.runtime.done('PATCH', '/v1/attachments/own', { targets: weights });
  const load = (async () => {
    while (!isOver) for (const path of ['/', '/fail']) await exchange(`${shop.url}${path}`);
  })();
  await terminal.shows(/^web-1a2b3c4d .* [1-9][\d.]* requests\/s, [1-9][\d.]* % errors/m);
  await terminal.shows(/^a +127\S+ +100 +\w+ +\d+ \w+ +[1-9][\d.]* +[1-9][\d.]* %/m);
  isOver = true;
  await load;
  await terminal.shows(/^web-1a2b3c4d .* 0 requests\/s/m);
  terminal.type('\x03');
  assert.equal(await terminal.ended(), 0);
  const { stdout } = shop.status('--listener', 'front');
  const [, requests, errors] = /^web-1a2b3c4d .* (\d+) requests, (\d+) errors$/m.exec(stdout) ?? [];
  assert.ok(Number(errors) > 0 && Number(errors) <= Number(requests), stdout);
  // Nothing listens at the other targets, and each connect to them that fails counts.
  assert.match(stdout, /^🚀+ +127\.0\.0\.1:3 +100 +\w+ +\d+ \w+ +0 +[1-9]\d* /mu);
});
