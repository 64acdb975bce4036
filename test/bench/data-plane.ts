// Measurement of the data planes: each scenario in rounds, and in each round every data plane in turn.
import { ask } from './ask.ts';
import { cpuMicros } from './cpu-time.ts';
import { runOpenLoop } from './open-loop.ts';
import type { ServingProcess } from './peers.ts';
import type { BenchSample, BenchScenario, ScenarioResult, Way } from './scenarios.ts';
import { runTlsLoad } from './tls-load.ts';
import { runUdpLoad } from './udp-load.ts';
import { runWrk, type WrkResult } from './wrk.ts';

/** Duration of the warm-up: long enough for Node to compile hot code and for every pool to open its connections. */
const WARM_UP_SECONDS = 1;

interface DataPlaneOptions {
  readonly wrk: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Measures one scenario with each data plane, and with direct connections to the backend. */
export async function measure(
  scenario: BenchScenario,
  ways: ReadonlyMap<Way, ServingProcess>,
  options: DataPlaneOptions,
): Promise<ScenarioResult> {
  const { rounds, seconds, signal, say } = options;
  // The bodies of UDP responses are not compared in advance, because the UDP load generator compares each datagram
  // itself.
  if (scenario.protocol !== 'UDP') await compareBodies(scenario, ways);
  const load = await loadOf(scenario, ways, options);
  const run = (way: Way, { port }: ServingProcess, length: number) =>
    load(port, length).catch((error) => {
      throw signal.aborted ? signal.reason : new Error(`${scenario.title}, ${way}: ${error.message}`);
    });
  for (const [way, served] of ways) await run(way, served, WARM_UP_SECONDS);

  const samples = new Map<Way, BenchSample[]>([...ways.keys()].map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [way, served] of inTurn([...ways], round)) {
      const before = served.pid === undefined ? undefined : cpuMicros(served.pid);
      const { requests, requestsPerSecond, p99Ms } = await run(way, served, seconds);
      const used = served.pid === undefined || before === undefined ? undefined : cpuMicros(served.pid) - before;
      samples.get(way)?.push({ requestsPerSecond, p99Ms, cpuMicros: used && used / requests });
      say(`${scenario.title}, round ${round + 1} of ${rounds}: ${way} ${Math.round(requestsPerSecond)} requests/s`);
    }
  }
  return { scenario, samples };
}

/** Returns the order of a round: another one begins in each round, so that none always follows the same. */
export function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

type Load = (port: number, seconds: number) => Promise<WrkResult>;

/** Returns the load of a scenario. An open loop has a fixed rate, half of what Weir reaches in this run. */
async function loadOf(
  scenario: BenchScenario,
  ways: ReadonlyMap<Way, ServingProcess>,
  { wrk, seconds, signal, say }: DataPlaneOptions,
): Promise<Load> {
  const { protocol, path, isClosing, isPost, isResumed = false, isOpenLoop } = scenario;
  if (protocol === 'UDP') return (port, length) => runUdpLoad(port, length, signal);
  if (protocol === 'HTTPS' && isClosing)
    return (port, length) => runTlsLoad({ port, path, seconds: length, isResumed, signal });
  const closed: Load = (port, length) =>
    runWrk({ wrk, url: urlOf(scenario, port), seconds: length, isClosing, isPost, signal });
  if (!isOpenLoop) return closed;
  const reference = ways.get('weir') ?? ways.get('haproxy');
  if (reference === undefined) throw new Error(`${scenario.title}: there is no proxy whose rate could be halved`);
  await closed(reference.port, WARM_UP_SECONDS);
  const { requestsPerSecond } = await closed(reference.port, seconds);
  const perSecond = Math.round(requestsPerSecond / 2);
  say(`${scenario.title}: ${perSecond} requests/s`);
  return (port, length) => runOpenLoop({ port, path, perSecond, seconds: length, signal });
}

/** Asserts that all data planes return the same body, so that a proxy that changes bodies is not measured. */
async function compareBodies(scenario: BenchScenario, ways: ReadonlyMap<Way, ServingProcess>): Promise<void> {
  let expected: Buffer | undefined;
  for (const [way, { port }] of ways) {
    const { status, body } = await ask(urlOf(scenario, port));
    expected ??= body;
    if (status !== 200 || !body.equals(expected)) {
      throw new Error(`${scenario.title}, ${way}: status ${status}, or a body that differs from the other ways`);
    }
  }
}

function urlOf({ protocol, path }: BenchScenario, port: number): string {
  return `${protocol === 'HTTPS' ? 'https' : 'http'}://127.0.0.1:${port}${path}`;
}
