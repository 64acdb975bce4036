// The goals of the benchmark as data: each is judged by values of one scenario or of one measurement.
import type { Way } from './scenarios.ts';

/** How a value of a scenario is compared: the figure of Weir divided by that of another way in the same round. */
export interface Comparison {
  readonly figure: 'speed' | 'cpu' | 'p99';
  readonly to: Way;
}

export interface Goal {
  readonly name: string;
  readonly what: string;
  /** Name of the scenario or of the measurement that gives the values. */
  readonly by: string;
  /** Set for a goal that a scenario is judged by. */
  readonly compared?: Comparison;
  readonly bound: 'at least' | 'at most';
  readonly goal: number;
  readonly unit: 'x' | 'KiB' | 'MiB' | 'ms';
}

const NAMES = { haproxy: 'HAProxy', nginx: 'nginx', envoy: 'Envoy', one: 'one worker' } as const;
const FIGURES = { speed: 'speed', cpu: 'CPU a request', p99: 'p99' } as const;

/** A goal of a scenario: more speed is better, and less of the other figures. */
function ratio(by: string, what: string, figure: Comparison['figure'], to: keyof typeof NAMES, goal: number): Goal {
  return {
    name: `${by}-${figure}-${to}`,
    what: `${what}: ${FIGURES[figure]} to ${NAMES[to]}`,
    by,
    compared: { figure, to },
    bound: figure === 'speed' ? 'at least' : 'at most',
    goal,
    unit: 'x',
  };
}

/** A goal of a measurement whose values shall be small. */
function limit(by: string, name: string, what: string, goal: number, unit: Goal['unit'] = 'x'): Goal {
  return { name, what, by, bound: 'at most', goal, unit };
}

export const GOALS: readonly Goal[] = [
  ratio('http-small', 'HTTP, kept, 15 bytes', 'speed', 'haproxy', 0.95),
  ratio('http-small', 'HTTP, kept, 15 bytes', 'cpu', 'haproxy', 1.1),
  ratio('http-medium', 'HTTP, kept, 10 kB', 'speed', 'haproxy', 0.95),
  ratio('http-medium', 'HTTP, kept, 10 kB', 'cpu', 'haproxy', 1.1),
  ratio('http-post', 'HTTP, kept, POST, without reuse', 'speed', 'haproxy', 0.95),
  ratio('http-post', 'HTTP, kept, POST, without reuse', 'cpu', 'haproxy', 1.1),
  ratio('http-post-closing', 'HTTP, kept, POST, new connections to targets', 'speed', 'haproxy', 0.95),
  ratio('http-post-closing', 'HTTP, kept, POST, new connections to targets', 'cpu', 'haproxy', 1.1),
  ratio('tcp-small', 'TCP, small echoes', 'speed', 'haproxy', 1),
  ratio('tcp-large', 'TCP, 1 MiB', 'speed', 'envoy', 1),
  ratio('http-large', 'HTTP, 1 MiB', 'speed', 'envoy', 1),
  ratio('tcp-close', 'TCP, new connections', 'speed', 'haproxy', 0.6),
  ratio('tcp-close', 'TCP, new connections', 'speed', 'envoy', 1),
  ratio('http-close', 'HTTP, new connections', 'speed', 'haproxy', 0.65),
  ratio('http-close', 'HTTP, new connections', 'speed', 'envoy', 1),
  ratio('https-small', 'HTTPS, kept', 'speed', 'haproxy', 0.9),
  ratio('https-small', 'HTTPS, kept', 'cpu', 'haproxy', 1.15),
  ratio('https-close', 'HTTPS, whole handshakes', 'speed', 'haproxy', 0.9),
  ratio('https-close', 'HTTPS, whole handshakes', 'cpu', 'haproxy', 1.15),
  ratio('udp-small', 'UDP, both ways', 'speed', 'nginx', 1),
  ratio('http-rate', "HTTP, half of Weir's highest rate", 'p99', 'haproxy', 1.5),
  ratio('tcp-rate', "TCP, half of Weir's highest rate", 'p99', 'haproxy', 1.5),
  limit('idle', 'idle-tcp', 'an idle TCP connection', 4, 'KiB'),
  limit('idle', 'idle-http', 'an idle HTTP connection', 4, 'KiB'),
  limit('idle', 'idle-tls', 'an idle TLS connection', 30, 'KiB'),
  limit('start', 'start-empty', 'start to ready, empty, to a bare Node server', 3),
  limit('start', 'start-10000', 'start to ready, 10,000 targets in 100 listeners, to a bare Node server', 10),
  limit('start', 'resident-empty', 'resident memory, empty', 90, 'MiB'),
  limit('fullLoad', 'resident-load', 'resident memory, 500 clients at full load', 120, 'MiB'),
  limit('binds', 'bind-median', 'bind at 70 % load: median beyond that of an fsync', 3, 'ms'),
  limit('binds', 'bind-p99', 'bind at 70 % load: p99', 30, 'ms'),
  limit('binds', 'unbind-median', 'unbind at 70 % load: median beyond that of an fsync', 3, 'ms'),
  limit('binds', 'unbind-p99', 'unbind at 70 % load: p99', 30, 'ms'),
  limit('writes', 'weight-500', 'one weight among 500 targets of one attachment, to one among 10', 1.5),
  limit('writes', 'weight-10000', 'one weight among 10,000 targets of 20 attachments, to one among 10', 1.5),
  limit('writers', 'writers-syncs', '64 durable writers: fsyncs a write', 0.125),
  { ...limit('writers', 'writers-speed', "64 durable writers: writes a second to one client's", 4), bound: 'at least' },
  ...['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'].map((algorithm) =>
    limit('picks', `pick-${algorithm}`, `growth of a pick to that of the logarithm of the targets, ${algorithm}`, 1),
  ),
  limit(
    'clientNetworks',
    'client-networks',
    'growth of a search for a client in `allow` or `deny` to that of the logarithm of the networks',
    1,
  ),
  ratio('http-two', 'two workers, HTTP', 'cpu', 'one', 1.15),
  ratio('tcp-two', 'two workers, TCP', 'cpu', 'one', 1.15),
  ...[
    ['100', '100 resources'],
    ['400', '400 resources'],
    ['2x500', '1,000 targets in 2 attachments'],
    ['20x50', '1,000 targets in 20 attachments'],
  ].flatMap(([size, what]) =>
    ['preview', 'up'].map((command) =>
      limit(
        'unchanged',
        `${command}-${size}`,
        `\`pulumi ${command}\`, no change, ${what}, to resources that do nothing`,
        1.1,
      ),
    ),
  ),
  limit('importing', 'import-sdk', 'import of the SDK to that of @pulumi/pulumi', 1.15),
];
