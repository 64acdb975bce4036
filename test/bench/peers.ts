// The peers and the backend of the benchmark, each a process with a configuration file from peers/.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../harness/backends/backends.ts';
import type { Pair } from '../harness/machine/certificates.ts';
import { until } from '../harness/runtime/runtime.ts';
import { ask } from './ask.ts';
import type { CleanUp } from './clean-up.ts';
import { giveAllCpus, giveProxyCpu } from './processors.ts';
import type { Programs } from './programs.ts';
import { LARGE_BODY_BYTES, MEDIUM_BODY_BYTES, SMALL_BODY } from './scenarios.ts';
import type { Setting } from './settings.ts';
import { askUdp } from './udp-load.ts';

/**
 * A server on 127.0.0.1:port. `pid` is the process whose processor time is measured; it is `undefined` for the backend.
 */
export interface ServingProcess {
  readonly port: number;
  readonly pid: number | undefined;
}

export interface PeersOptions {
  readonly programs: Programs;
  readonly directory: string;
  readonly cleanUp: CleanUp;
}

/** Writes certificate and key into the file `pair.pem`, for the peers that terminate TLS. */
export function writePair({ directory }: PeersOptions, { certificate, privateKey }: Pair): void {
  writeFileSync(join(directory, 'pair.pem'), certificate + privateKey);
}

/** Starts the backend, which responds to /small, /medium and /large. */
export async function startBackend(options: PeersOptions): Promise<ServingProcess> {
  // The bytes of the bodies vary, so that a proxy that mixes up its buffers is detected.
  const large = Buffer.from(Array.from({ length: LARGE_BODY_BYTES }, (_, i) => (i * 31 + (i >> 8)) & 255));
  writeFileSync(join(options.directory, 'large'), large);
  writeFileSync(join(options.directory, 'medium'), large.subarray(0, MEDIUM_BODY_BYTES));
  const { port } = await start(options, 'backend.conf', (backend) => ({ backend }));
  return { port, pid: undefined };
}

export const PEERS = ['haproxy', 'nginx', 'envoy'] as const;
type Peer = (typeof PEERS)[number];
const EXTENSIONS: Readonly<Record<Peer, string>> = { haproxy: 'cfg', nginx: 'conf', envoy: 'yaml' };

/**
 * Starts a peer on the processor of the proxies, or on all processors if it has two threads. For POSTs, HAProxy does not
 * share connections to the backend between clients; each client's connection still keeps one of its own.
 */
export async function startPeer(
  options: PeersOptions,
  peer: Peer,
  { protocol, threads, isPost, isServerClosing }: Setting,
  backend: ServingProcess,
): Promise<ServingProcess> {
  const file = `${peer}-${protocol.toLowerCase()}.${EXTENSIONS[peer]}`;
  const master = threads === 1 ? 'off' : 'on';
  const serverClose = isServerClosing ? 'option http-server-close' : '';
  const values = { threads, master, serverClose, reuse: isPost ? 'never' : 'always' };
  const served = await start(options, file, (port) => ({ ...values, port, backend: backend.port }), threads);
  if (threads === 1) giveProxyCpu(served.pid);
  else giveAllCpus(served.pid);
  return served;
}

/** Replaces each `{{name}}` in the template; throws for a name without a value. */
export function fillIn(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {{${name}}}`);
    return String(value);
  });
}

async function start(
  { programs, directory, cleanUp }: PeersOptions,
  file: string,
  values: (port: number) => Readonly<Record<string, number | string>>,
  threads = 1,
): Promise<{ port: number; pid: number }> {
  const port = await freePort();
  const template = readFileSync(new URL(`peers/${file}`, import.meta.url), 'utf8');
  const { streamModule } = programs;
  const loadStream = streamModule === undefined ? '' : `load_module ${streamModule};`;
  const constants = { directory, loadStream, smallBody: SMALL_BODY };
  const path = join(directory, `${port}-${file}`);
  writeFileSync(path, fillIn(template, { ...constants, ...values(port) }));
  const [command, args] = commandLine(programs, directory, path, threads);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  cleanUp.after(async () => {
    // The workers of nginx outlive a master process that is killed.
    child.kill(threads === 1 ? 'SIGKILL' : 'SIGTERM');
    await exit;
  });
  await until(`${file} to respond on port ${port}`, async () => {
    const ending = child.exitCode ?? child.signalCode;
    if (ending !== null) throw new Error(`${command} ended with ${ending}: ${log}`);
    if (file.includes('udp')) return askUdp(port);
    const scheme = file.includes('https') ? 'https' : 'http';
    const response = await ask(`${scheme}://127.0.0.1:${port}/small`).catch(() => undefined);
    return response?.status === 200 || undefined;
  });
  return { port, pid: child.pid ?? 0 };
}

function commandLine(
  programs: Programs,
  directory: string,
  path: string,
  threads: number,
): readonly [string, readonly string[]] {
  if (path.endsWith('.cfg')) return [programs.haproxy, ['-q', '-db', '-f', path]];
  if (path.endsWith('.conf')) return [programs.nginx, ['-e', 'stderr', '-p', directory, '-c', path]];
  return [programs.envoy, ['--concurrency', `${threads}`, '--disable-hot-restart', '-l', 'error', '-c', path]];
}
