// A runtime in a network namespace with few local ports. Prints, as JSON, which of its clients got a response.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpBackend } from '../backends/backends.ts';
import { UdpBackend, UdpClient } from '../backends/udp.ts';
import { RuntimeProcess, until } from './runtime.ts';

const PORTS = 10;
const CLIENTS = 30;
/** Clients and listeners use ports outside the range that the kernel chooses from. */
let nextPort = 40_000;
const LISTENERS = { web: nextPort++, tcp: nextPort++, flooded: nextPort++, dns: nextPort++ };

const ends: (() => unknown)[] = [];
const t = { after: (end: () => unknown) => void ends.push(end) };

/** Sends a GET on a new connection. Returns the status, or the code of the error. */
async function ask(port: number): Promise<string> {
  const options = { host: '127.0.0.1', port, agent: false, localAddress: '127.0.0.2', localPort: nextPort++ };
  try {
    const [response] = await once(request(options).end(), 'response');
    response.resume();
    return String(response.statusCode);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Sends one datagram each of `clients` clients. Returns the number of those that got a response. */
async function send(port: number, clients: number): Promise<number> {
  const opened: UdpClient[] = [];
  for (let index = 0; index < clients; index++) {
    const client = await UdpClient.open(t, port, '127.0.0.1', '127.0.0.2', nextPort++);
    opened.push(client);
    client.send('x');
    const untilMs = performance.now() + 2_000;
    while (client.responses.length === 0 && performance.now() < untilMs) await sleep(5);
  }
  return opened.filter(({ responses }) => responses.length > 0).length;
}

execFileSync('ip', ['link', 'set', 'lo', 'up']);
execFileSync('sysctl', ['-qw', `net.ipv4.ip_local_port_range=50000 ${50_000 + PORTS - 1}`]);
const gate = Promise.withResolvers<void>();
const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'], api: `127.0.0.1:${nextPort++}` });
await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
const http = await httpBackend(t, 'a', nextPort++, gate.promise);
const udp = await UdpBackend.start(t, 'b', '127.0.0.1', nextPort++);
for (const [id, protocol, { target }] of [
  ['web', 'HTTP', http],
  ['tcp', 'TCP', http],
  ['flooded', 'UDP', udp],
  ['dns', 'UDP', udp],
] as const) {
  const healthCheck = { protocol: 'none' };
  await runtime.done('PUT', `/v1/listeners/${id}`, {
    loadBalancerId: 'lb',
    protocol,
    port: LISTENERS[id],
    healthCheck,
  });
  await runtime.done('PUT', `/v1/attachments/${id}`, { listenerId: id, targets: { a: target } });
}
// As many requests as there are ports are under way at once, so that each port has an idle connection afterwards.
const requests = Array.from({ length: PORTS }, () => ask(LISTENERS.web));
await until('a request on each port', () => http.count === PORTS);
gate.resolve();
await Promise.all(requests);
const tcp: string[] = [];
for (let index = 0; index < 2 * PORTS; index++) tcp.push(await ask(LISTENERS.tcp));
const udpResponses = { flooded: await send(LISTENERS.flooded, CLIENTS), dns: await send(LISTENERS.dns, 3) };
console.log(JSON.stringify({ tcp: [...new Set(tcp)], ...udpResponses }));
for (const end of ends.reverse()) await end();
