// Measurement of the data planes: each scenario in rounds, and in each round every data plane in turn.
import { ask } from './ask.ts';
import { cpuMicros } from './cpu-time.ts';
import type { ServingProcess } from './peers.ts';
import type { BenchSample, BenchScenario, ScenarioResult, Way } from './scenarios.ts';
import { runTlsLoad } from './tls-load.ts';
import { runUdpLoad } from './udp-load.ts';
import { runWrk } from './wrk.ts';

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
  { wrk, rounds, seconds, signal, say }: DataPlaneOptions,
): Promise<ScenarioResult> {
  const { protocol, path, isClosing, isResumed = false } = scenario;
  const run = (way: Way, { port }: ServingProcess, length: number) => {
    const result =
      protocol === 'UDP'
        ? runUdpLoad(port, length, signal)
        : protocol === 'HTTPS' && isClosing
          ? runTlsLoad({ port, path, seconds: length, isResumed, signal })
          : runWrk({ wrk, url: urlOf(scenario, port), seconds: length, isClosing, signal });
    return result.catch((error) => {
      throw signal.aborted ? signal.reason : new Error(`${scenario.title}, ${way}: ${error.message}`);
    });
  };
  // The bodies of UDP responses are not compared in advance, because the UDP load generator compares each datagram
  // itself.
  if (protocol !== 'UDP') await compareBodies(scenario, ways);
  for (const [way, served] of ways) await run(way, served, WARM_UP_SECONDS);

  const samples = new Map<Way, BenchSample[]>([...ways.keys()].map((way) => [way, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [way, served] of ways) {
      const before = served.pid === undefined ? undefined : cpuMicros(served.pid);
      const { requests, requestsPerSecond, p99Ms } = await run(way, served, seconds);
      const used = served.pid === undefined || before === undefined ? undefined : cpuMicros(served.pid) - before;
      samples.get(way)?.push({ requestsPerSecond, p99Ms, cpuMicros: used && used / requests });
      say(`${scenario.title}, round ${round} of ${rounds}: ${way} ${Math.round(requestsPerSecond)} requests/s`);
    }
  }
  return { scenario, samples };
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
