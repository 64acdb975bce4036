// The scenarios of the benchmark, and the data planes that serve each of them.

export const SMALL_BODY = 'hello, balance!';
export const LARGE_BODY_BYTES = 1024 * 1024;

/**
 * Data planes in the order of each round; 'direct' is the backend without a proxy, 'other' the Weir of another
 * checkout.
 */
export const WAYS = ['direct', 'haproxy', 'nginx', 'envoy', 'other', 'weir'] as const;
export type Way = (typeof WAYS)[number];

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  direct: 'no proxy',
  haproxy: 'HAProxy',
  nginx: 'nginx',
  envoy: 'Envoy',
  other: 'Weir, the other checkout',
  weir: 'Weir',
};

export type BenchProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'UDP';

export interface BenchScenario {
  readonly name: string;
  readonly title: string;
  readonly protocol: BenchProtocol;
  readonly path: '/small' | '/large';
  /** Whether each request uses a new client connection. */
  readonly isClosing: boolean;
  /** Whether new HTTPS connections resume a session; otherwise each makes a full handshake. */
  readonly isResumed?: boolean;
}

const small = `${SMALL_BODY.length} bytes`;

export const SCENARIOS: readonly BenchScenario[] = [
  { name: 'http-small', title: `HTTP, ${small}`, protocol: 'HTTP', path: '/small', isClosing: false },
  { name: 'http-large', title: 'HTTP, 1 MiB', protocol: 'HTTP', path: '/large', isClosing: false },
  { name: 'http-close', title: `HTTP, ${small}, new connections`, protocol: 'HTTP', path: '/small', isClosing: true },
  { name: 'https-small', title: `HTTPS, ${small}`, protocol: 'HTTPS', path: '/small', isClosing: false },
  { name: 'https-large', title: 'HTTPS, 1 MiB', protocol: 'HTTPS', path: '/large', isClosing: false },
  { name: 'https-close', title: 'HTTPS, whole handshakes', protocol: 'HTTPS', path: '/small', isClosing: true },
  {
    name: 'https-resumed',
    title: 'HTTPS, resumed sessions',
    protocol: 'HTTPS',
    path: '/small',
    isClosing: true,
    isResumed: true,
  },
  { name: 'tcp-small', title: `TCP, ${small}`, protocol: 'TCP', path: '/small', isClosing: false },
  { name: 'tcp-large', title: 'TCP, 1 MiB', protocol: 'TCP', path: '/large', isClosing: false },
  { name: 'tcp-close', title: `TCP, ${small}, new connections`, protocol: 'TCP', path: '/small', isClosing: true },
  { name: 'udp-small', title: `UDP, ${small}`, protocol: 'UDP', path: '/small', isClosing: false },
];

/** Goal for the speed of Weir, as a multiple of the speed of a peer. */
interface Goal {
  readonly protocol: BenchProtocol;
  readonly peer: Way;
  readonly ratio: number;
}

export const GOALS: readonly Goal[] = [
  { protocol: 'HTTP', peer: 'envoy', ratio: 1.5 },
  { protocol: 'HTTP', peer: 'haproxy', ratio: 0.5 },
  { protocol: 'TCP', peer: 'haproxy', ratio: 0.85 },
];

export interface BenchSample {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** Processor time of the proxy's process for a request in microseconds; `undefined` without a proxy. */
  readonly cpuMicros: number | undefined;
}

/** Results of a scenario: one sample for each round, in the order of the rounds. */
export interface ScenarioResult {
  readonly scenario: BenchScenario;
  readonly samples: ReadonlyMap<Way, readonly BenchSample[]>;
}
