// The data planes of the benchmark, started once for each setting.
import { makePair, type Pair } from '../harness/machine/certificates.ts';
import type { Options } from './options.ts';
import { PEERS, type PeersOptions, type ServingProcess, startBackend, startPeer, writePair } from './peers.ts';
import type { BenchProtocol, Way } from './scenarios.ts';
import { differentSettings, type Setting, settingKey } from './settings.ts';
import { startEcho } from './udp-load.ts';
import { startWeir } from './weir.ts';

type Backends = Readonly<Record<BenchProtocol, ServingProcess>>;
/** The data planes of each setting, by the key of the setting. */
export type Ways = ReadonlyMap<string, ReadonlyMap<Way, ServingProcess>>;

/**
 * Starts the data planes for each setting. HAProxy does not forward UDP. HTTPS has no direct measurement, because the
 * backend does not speak TLS.
 */
export async function startWays(peers: PeersOptions, options: Options): Promise<Ways> {
  const pair = makePair(['bench']);
  writePair(peers, pair);
  const backend = await startBackend(peers);
  const backends = { HTTP: backend, HTTPS: backend, TCP: backend, UDP: await startEcho(peers.cleanUp) };
  const settings = differentSettings(options.scenarios);
  const weirs = await startWeirs(peers, options, { settings, backends, pair });
  const all = new Map<string, Map<Way, ServingProcess>>();
  for (const setting of settings) {
    const { protocol, threads } = setting;
    const ways = new Map<Way, ServingProcess>();
    if (options.hasPeers) {
      if (protocol !== 'HTTPS' && threads === 1) ways.set('direct', backends[protocol]);
      for (const peer of PEERS) {
        const isLeftOut = peer === 'haproxy' ? protocol === 'UDP' : setting.isServerClosing;
        if (!isLeftOut) ways.set(peer, await startPeer(peers, peer, setting, backends[protocol]));
      }
    }
    for (const [way, served] of weirs(setting)) ways.set(way, served);
    all.set(settingKey(setting), ways);
  }
  return all;
}

/**
 * Starts the runtimes that the settings need: one of one worker, one of two workers, and beside the latter one of one
 * worker that may use all processors too. Returns a function that gives those of a setting.
 */
async function startWeirs(
  { cleanUp }: PeersOptions,
  { hasWeir, against }: Options,
  { settings, backends, pair }: { settings: readonly Setting[]; backends: Backends; pair: Pair },
): Promise<(setting: Setting) => ReadonlyMap<Way, ServingProcess>> {
  const start = async (threads: 1 | 2, workers: number, checkout?: string) => {
    const protocols = new Set(settings.filter((each) => each.threads === threads).map(({ protocol }) => protocol));
    const hasAllCpus = threads === 2;
    return protocols.size === 0
      ? undefined
      : await startWeir({ cleanUp, backends, protocols, pair, checkout, workers, hasAllCpus });
  };
  const runtimes = {
    1: {
      other: against === undefined ? undefined : await start(1, 1, against),
      weir: hasWeir ? await start(1, 1) : undefined,
    },
    2: {
      one: hasWeir ? await start(2, 1) : undefined,
      weir: hasWeir ? await start(2, 2) : undefined,
    },
  };
  return ({ protocol, threads }) => {
    const found = Object.entries(runtimes[threads]).flatMap(([way, served]) => {
      const one = served?.get(protocol);
      return one === undefined ? [] : [[way as Way, one] as const];
    });
    return new Map(found);
  };
}
