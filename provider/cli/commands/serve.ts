// `weir serve`: starts the runtime, prints a line when it is ready, and lets running requests finish at SIGTERM.
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { isLoopback, isNetwork } from '../../model/base/networks.ts';
import { inLines } from '../../model/base/one-line.ts';
import type { CertificateFiles } from '../../runtime/api/certificate-files.ts';
import { startRuntime } from '../../runtime/runtime.ts';

const DEFAULT_API = '127.0.0.1:7400';
const DRAIN_MS = 30_000;

interface ServeFlags {
  data: string;
  api: { host: string; port: number };
  apiName?: readonly string[];
  apiCert?: string;
  apiKey?: string;
  allowPlaintext?: boolean;
  workers: number;
  ackTimeout: number;
  vipPool: string;
  denyTargets?: readonly string[];
  allowTargets?: readonly string[];
  keyFile?: string;
  accessLog?: string;
  accessLogSample?: number;
  init?: boolean;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs the load balancers and the API that manages them.')
    .option('--data <dir>', 'directory for objects, tokens and the lock', '.weir')
    .addOption(
      new Option('--api <host:port>', 'address of the API; port 0 picks a free port')
        .argParser(hostPort)
        .default(hostPort(DEFAULT_API), DEFAULT_API),
    )
    .option('--api-name <name>', 'host name under which the API is called; repeatable', apiName)
    .option('--api-cert <file>', 'PEM certificate of the API; SIGHUP reads it again')
    .option('--api-key <file>', 'PEM private key of the API')
    .option('--allow-plaintext', 'serve the API without TLS on an address that is not loopback')
    .option('--workers <n>', 'number of threads that carry traffic', positiveInteger, defaultWorkers())
    .option('--ack-timeout <seconds>', 'how long a write waits for the data planes to serve it', positiveNumber, 10)
    .option('--vip-pool <cidr>', 'network from which load balancers without an address get one', '127.77.0.0/16')
    .option('--deny-targets <cidrs>', 'networks that targets may not be in, besides link-local; repeatable', networks)
    .option('--allow-targets <cidrs>', 'networks that targets may be in although they are denied; repeatable', networks)
    .option(
      '--key-file <file>',
      'key of stored secrets, created at first use (default: master-key in the data directory)',
    )
    .option('--access-log <file>', 'log of requests and connections as JSON lines; SIGHUP reopens it', logFile)
    .option('--access-log-sample <rate>', 'fraction of the lines to write, above 0 and at most 1', sampleRate)
    .option('--init', 'make a new runtime in a directory that has lost its database')
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const certificate = certificateFiles(flags);
  if (
    certificate === undefined &&
    !flags.allowPlaintext &&
    flags.api.host !== 'localhost' &&
    !isLoopback(flags.api.host)
  ) {
    throw new Error(
      `the API at ${flags.api.host} would send tokens in plain text: give --api-cert and --api-key, or --allow-plaintext`,
    );
  }
  if (flags.accessLogSample !== undefined && flags.accessLog === undefined)
    throw new Error('--access-log-sample needs --access-log');
  const stderr = pino.destination({ fd: 2, sync: true });
  // The terminal of the runtime may go away, which is told by SIGHUP. That costs log lines and never the runtime.
  stderr.on('error', () => {});
  const logger = pino({ name: 'weir' }, { write: (lines) => stderr.write(inLines(lines)) });
  let isStale = false;
  let reload = () => {
    isStale = true;
  };
  process.on('SIGHUP', () => reload());
  const runtime = await startRuntime({
    dataDirectory: flags.data,
    keyFile: flags.keyFile,
    init: flags.init ?? false,
    apiHost: flags.api.host,
    apiPort: flags.api.port,
    apiNames: flags.apiName ?? [],
    certificate,
    workers: flags.workers,
    ackTimeoutMs: flags.ackTimeout * 1000,
    vipPool: flags.vipPool,
    deniedTargets: flags.denyTargets ?? [],
    allowedTargets: flags.allowTargets ?? [],
    accessLog:
      flags.accessLog === undefined ? undefined : { file: flags.accessLog, sampleRate: flags.accessLogSample ?? 1 },
    logger,
  }).catch((error) => {
    throw explain(error, flags);
  });
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping: requests and connections under way may finish');
    runtime.close(DRAIN_MS).then(
      () => process.exit(0),
      (error) => {
        logger.error({ err: error }, 'the runtime did not stop cleanly');
        process.exit(1);
      },
    );
  };
  // The handlers stay after the first signal: without them, a second Ctrl-C would end requests that the first one lets
  // finish.
  process.on('SIGTERM', stop).on('SIGINT', stop);
  reload = () => void runtime.reload();
  if (isStale) reload();
  // The ready line comes last: its reader may send a signal at once, and then the handlers must be in place.
  process.stdout.write(`weir ready api=${runtime.url} pid=${process.pid}\n`);
}

function explain(error: NodeJS.ErrnoException, { api, data }: ServeFlags): Error {
  if (error.code === 'ERR_SQLITE_ERROR')
    return new Error(`the data directory ${data} cannot be used: ${error.message}`, { cause: error });
  if (error.syscall === 'getaddrinfo')
    return new Error(`the name ${api.host} of --api is not found (${error.code}): give an address of this machine`, {
      cause: error,
    });
  // Only a failed `listen` needs an explanation; every other system error names its path in its own message.
  if (error.syscall !== 'listen') return error;
  const at = `${api.host}:${api.port}`;
  if (error.code === 'EADDRINUSE') {
    return new Error(`${at} is in use: stop the process that listens there, or give --api another port`, {
      cause: error,
    });
  }
  if (error.code === 'EADDRNOTAVAIL')
    return new Error(`${api.host} is not an address of this machine`, { cause: error });
  if (error.code === 'EACCES')
    return new Error(
      `this user may not listen on ${at}: give the process the capability CAP_NET_BIND_SERVICE, or give --api a port from 1024`,
      { cause: error },
    );
  return error;
}

function certificateFiles({ apiCert, apiKey }: ServeFlags): CertificateFiles | undefined {
  if (apiCert === undefined && apiKey === undefined) return undefined;
  if (apiCert === undefined || apiKey === undefined) throw new Error('--api-cert and --api-key go together');
  return { certificate: apiCert, privateKey: apiKey };
}

function defaultWorkers(): number {
  return process.platform === 'linux' ? availableParallelism() : 1;
}

function hostPort(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(?:\[?([^\]]*?)\]?):(\d+)$/.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535) throw new InvalidArgumentError('It must be HOST:PORT.');
  return { host, port: Number(port) };
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function apiName(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[A-Za-z0-9._-]{1,253}$/.test(text)) throw new InvalidArgumentError('It must be a host name, without a port.');
  return [...before, text];
}

function networks(text: string, before: readonly string[] = []): readonly string[] {
  const given = text.split(',').map((each) => each.trim());
  const wrong = given.find((each) => !isNetwork(each));
  if (wrong === undefined) return [...before, ...given];
  throw new InvalidArgumentError(`${JSON.stringify(wrong)} is not a network such as 10.0.0.0/8 or fd00::/8.`);
}

function logFile(text: string): string {
  if (text === '' || text === '-') throw new InvalidArgumentError('It must be a file, such as /dev/stderr.');
  return text;
}

function sampleRate(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be a number above 0 and at most 1.');
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
