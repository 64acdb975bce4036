// `npm run bench`: Weir and its peers HAProxy, nginx and Envoy in one run on one machine; Markdown on stdout, progress
// on stderr. A run without options also writes the document in this folder.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makePair } from '../harness/machine/certificates.ts';
import { MissingPrograms } from '../harness/machine/find-program.ts';
import { temporaryDirectory } from '../harness/runtime/runtime.ts';
import type { BoundResult } from './bounds/bound.ts';
import { measureBounds } from './bounds/bounds.ts';
import { CleanUp } from './clean-up.ts';
import { measure } from './data-plane.ts';
import { describeMachine } from './machine.ts';
import { BENCH_USAGE, type Options, parseOptions } from './options.ts';
import { PEERS, type PeersOptions, type ServingProcess, startBackend, startPeer, writePair } from './peers.ts';
import { leaveProxyCpu, takeAllCpus } from './processors.ts';
import { findPrograms } from './programs.ts';
import { renderDocument, renderReport } from './report.ts';
import type { BenchProtocol, ScenarioResult, Way } from './scenarios.ts';
import { startEcho } from './udp-load.ts';
import { startWeir } from './weir.ts';
import { measureWrites, type WriteResult } from './writes.ts';

const DOCUMENT = fileURLToPath(new URL('README.md', import.meta.url));
const WRITE_SIZES = [10, 1000];

type Ways = ReadonlyMap<BenchProtocol, ReadonlyMap<Way, ServingProcess>>;

async function bench(options: Options, cleanUp: CleanUp, signal: AbortSignal): Promise<string> {
  const { rounds, seconds } = options;
  const programs = await findPrograms(options.mayInstall);
  const machine = describeMachine(programs);
  const scenarios: ScenarioResult[] = [];
  if (options.scenarios.length > 0) {
    leaveProxyCpu();
    const ways = await startWays({ programs, directory: temporaryDirectory(cleanUp), cleanUp }, options);
    for (const scenario of options.scenarios) {
      const settings = { wrk: programs.wrk, rounds, seconds, signal, say };
      scenarios.push(await measure(scenario, ways.get(scenario.protocol) ?? new Map(), settings));
    }
    await cleanUp.run();
    takeAllCpus();
  }
  const writes: WriteResult[] = [];
  if (options.hasWrites) {
    say('writes');
    writes.push(...(await measureWrites(cleanUp, WRITE_SIZES, 100 * rounds * seconds, signal)));
  }
  const bounds: BoundResult[] = [];
  const { readerSeconds } = options;
  bounds.push(...(await measureBounds(options.bounds, { programs, cleanUp, signal, readerSeconds }, say)));
  const report = { machine, rounds, seconds, scenarios, writes, bounds };
  if (options.isWhole) {
    writeFileSync(DOCUMENT, renderDocument(report));
    say(`wrote ${DOCUMENT}`);
  }
  return renderReport(report);
}

/**
 * Starts the data planes for each requested protocol. HAProxy does not forward UDP. HTTPS has no direct measurement,
 * because the backend does not speak TLS.
 */
async function startWays(peers: PeersOptions, { hasWeir, against, scenarios }: Options): Promise<Ways> {
  const pair = makePair(['bench']);
  writePair(peers, pair);
  const backend = await startBackend(peers);
  const backends = { HTTP: backend, HTTPS: backend, TCP: backend, UDP: await startEcho(peers.cleanUp) };
  const protocols = new Set(scenarios.map(({ protocol }) => protocol));
  const weirs = { cleanUp: peers.cleanUp, backends, protocols, pair };
  const weir = hasWeir ? await startWeir(weirs) : undefined;
  const other = against === undefined ? undefined : await startWeir({ ...weirs, checkout: against });
  const all = new Map<BenchProtocol, Map<Way, ServingProcess>>();
  for (const protocol of protocols) {
    const ways = new Map<Way, ServingProcess>();
    if (protocol !== 'HTTPS') ways.set('direct', backends[protocol]);
    for (const peer of PEERS) {
      if (peer !== 'haproxy' || protocol !== 'UDP')
        ways.set(peer, await startPeer(peers, peer, protocol, backends[protocol]));
    }
    const [otherServed, served] = [other?.get(protocol), weir?.get(protocol)];
    if (otherServed !== undefined) ways.set('other', otherServed);
    if (served !== undefined) ways.set('weir', served);
    all.set(protocol, ways);
  }
  return all;
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

async function main(): Promise<void> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${BENCH_USAGE}`);
    process.exitCode = 2;
    return;
  }
  const cleanUp = new CleanUp();
  const ending = new AbortController();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      process.exitCode = code;
      ending.abort(new Error(`ended by ${signal}`));
    });
  }
  try {
    process.stdout.write(await bench(options, cleanUp, ending.signal));
  } catch (error) {
    // A signal such as Ctrl-C ends all processes of the group. The measurements then fail, but their errors are not
    // shown.
    if (ending.signal.aborted) say(ending.signal.reason.message);
    else {
      process.exitCode = 1;
      if (error instanceof MissingPrograms) say(error.message);
      else console.error(error);
    }
  } finally {
    await cleanUp.run();
  }
}

await main();
