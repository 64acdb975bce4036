// The scenarios of the benchmark, and the data planes that serve each of them.

export const SMALL_BODY = 'hello, balance!';
export const MEDIUM_BODY_BYTES = 10_000;
export const LARGE_BODY_BYTES = 1024 * 1024;

/**
 * Data planes in the order of the first round; 'direct' is the backend without a proxy, 'other' the Weir of another
 * checkout, 'one' a Weir with one worker beside a Weir with two.
 */
export const WAYS = ['direct', 'haproxy', 'nginx', 'envoy', 'other', 'one', 'weir'] as const;
export type Way = (typeof WAYS)[number];

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  direct: 'no proxy',
  haproxy: 'HAProxy',
  nginx: 'nginx',
  envoy: 'Envoy',
  other: 'Weir, the other checkout',
  one: 'Weir, one worker',
  weir: 'Weir',
};

export type BenchProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'UDP';

export interface BenchScenario {
  readonly name: string;
  readonly title: string;
  readonly protocol: BenchProtocol;
  readonly path: '/small' | '/medium' | '/large';
  /** Whether each request uses a new client connection. */
  readonly isClosing: boolean;
  /** Whether new HTTPS connections resume a session; otherwise each makes a full handshake. */
  readonly isResumed?: boolean;
  /** Whether requests are POSTs with a small body, for which Weir takes no idle connection to a target. */
  readonly isPost?: boolean;
  /** Whether HAProxy opens a connection to the backend for each request. No other peer is measured then. */
  readonly isServerClosing?: boolean;
  /** Number of threads of each proxy; 1 unless set. */
  readonly threads?: 1 | 2;
  /** Whether requests are sent at one rate for all, half of the highest rate of Weir, whether responses come or not. */
  readonly isOpenLoop?: boolean;
}

const small = `${SMALL_BODY.length} bytes`;
const HTTP = { protocol: 'HTTP', path: '/small', isClosing: false } as const;
const HTTPS = { protocol: 'HTTPS', path: '/small', isClosing: false } as const;
const TCP = { protocol: 'TCP', path: '/small', isClosing: false } as const;

export const SCENARIOS: readonly BenchScenario[] = [
  { ...HTTP, name: 'http-small', title: `HTTP, ${small}` },
  { ...HTTP, name: 'http-medium', title: 'HTTP, 10 kB', path: '/medium' },
  { ...HTTP, name: 'http-post', title: 'HTTP, POST', isPost: true },
  {
    ...HTTP,
    name: 'http-post-closing',
    title: 'HTTP, POST, new connections to targets',
    isPost: true,
    isServerClosing: true,
  },
  { ...HTTP, name: 'http-large', title: 'HTTP, 1 MiB', path: '/large' },
  { ...HTTP, name: 'http-close', title: `HTTP, ${small}, new connections`, isClosing: true },
  { ...HTTP, name: 'http-rate', title: `HTTP, ${small}, half of Weir's highest rate`, isOpenLoop: true },
  { ...HTTP, name: 'http-two', title: `HTTP, ${small}, two threads`, threads: 2 },
  { ...HTTPS, name: 'https-small', title: `HTTPS, ${small}` },
  { ...HTTPS, name: 'https-large', title: 'HTTPS, 1 MiB', path: '/large' },
  { ...HTTPS, name: 'https-close', title: 'HTTPS, whole handshakes', isClosing: true },
  { ...HTTPS, name: 'https-resumed', title: 'HTTPS, resumed sessions', isClosing: true, isResumed: true },
  { ...TCP, name: 'tcp-small', title: `TCP, ${small}` },
  { ...TCP, name: 'tcp-large', title: 'TCP, 1 MiB', path: '/large' },
  { ...TCP, name: 'tcp-close', title: `TCP, ${small}, new connections`, isClosing: true },
  { ...TCP, name: 'tcp-rate', title: `TCP, ${small}, half of Weir's highest rate`, isOpenLoop: true },
  { ...TCP, name: 'tcp-two', title: `TCP, ${small}, two threads`, threads: 2 },
  { name: 'udp-small', title: `UDP, ${small}`, protocol: 'UDP', path: '/small', isClosing: false },
];

/** Scenarios in which two checkouts are compared: those with kept connections and one thread. */
export const KEPT_SCENARIOS: readonly BenchScenario[] = SCENARIOS.filter(
  ({ isClosing, threads, isOpenLoop, isServerClosing }) =>
    !isClosing && threads === undefined && !isOpenLoop && !isServerClosing,
);

export interface BenchSample {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** Processor time of the proxy's processes for a request in microseconds; `undefined` without a proxy. */
  readonly cpuMicros: number | undefined;
}

/** Results of a scenario: one sample for each round, in the order of the rounds. */
export interface ScenarioResult {
  readonly scenario: BenchScenario;
  readonly samples: ReadonlyMap<Way, readonly BenchSample[]>;
}
