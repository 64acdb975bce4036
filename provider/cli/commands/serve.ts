// `weir serve`: starts the runtime, prints a line when it is ready, and lets running requests finish at SIGTERM.

import { setTimeout as delay } from 'node:timers/promises';
import { isLoopback } from '../../model/base/networks.ts';
import type { CertificateFiles } from '../../runtime/api/certificate-files.ts';
import { type Runtime, startRuntime } from '../../runtime/runtime.ts';
import { endWithoutOutput } from './output.ts';
import { releaseStartMemory, writeCompiledCode } from './quick-start.ts';
import { type RuntimeLogOptions, runtimeLog } from './runtime-log.ts';
import { notifyService } from './service-notification.ts';

export interface ServeFlags {
  data: string;
  api: { host: string; port: number };
  apiName?: readonly string[];
  apiCert?: string;
  apiKey?: string;
  allowPlaintext?: boolean;
  workers: number;
  sockets: 'raw' | 'net';
  ackTimeout: number;
  stopTimeout: number;
  vipPool: string;
  denyTargets?: readonly string[];
  allowTargets?: readonly string[];
  keyFile?: string;
  accessLog?: string;
  accessLogSample?: number;
  logLevel: RuntimeLogOptions['level'];
  logFormat: RuntimeLogOptions['format'];
  init?: boolean;
  takeOver?: boolean;
}

/** How long a process tries to serve again, because the kernel frees what another process had one after another. */
const START_AGAIN_MS = 5_000;

export async function runServe(flags: ServeFlags): Promise<void> {
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
  const logger = runtimeLog({ level: flags.logLevel, format: flags.logFormat });
  // Only the ready line goes to standard output. The runtime serves also if nobody reads it, or the disk is full.
  process.stdout.off('error', endWithoutOutput).on('error', (error) => {
    logger.warn({ err: error }, 'the line on standard output that the runtime is ready cannot be written');
  });
  let isStale = false;
  let reload = () => {
    isStale = true;
  };
  process.on('SIGHUP', () => reload());
  /** The runtime that serves: another one after the process that had taken over has ended. */
  let runtime: Promise<Runtime>;
  let isStopping = false;
  /** Whether the last connection that `runtime` had when it was replaced has ended. */
  let isLeft = false;
  /** True while this process tries to serve again. */
  let isStarting = false;
  const start = (takeOver: boolean, apiPort: number) => {
    const started: Promise<Runtime> = startRuntime({
      ...optionsOf(flags),
      logger,
      certificate,
      apiPort,
      takeOver,
      handOver: {
        leaveMs: flags.stopTimeout * 1000,
        onLeft: () => {
          if (runtime === started && !isStarting) process.exit(0);
          isLeft = true;
        },
        onAbandoned: async () => {
          logger.error('the process that had taken over has ended: this one serves again');
          const { url } = await started;
          isStarting = true;
          await startAgain(Number(new URL(url).port)).catch((error) => {
            logger.fatal({ err: error }, 'this process cannot serve again: its connections may finish');
            if (isLeft) process.exit(1);
          });
          isStarting = false;
        },
      },
    });
    return started;
  };
  /** Starts when the process that has ended lets go of everything. */
  const startAgain = async (apiPort: number) => {
    const deadlineMs = performance.now() + START_AGAIN_MS;
    while (!isStopping) {
      try {
        const again = start(false, apiPort);
        await again;
        runtime = again;
        return;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await delay(START_AGAIN_MS / 50);
      }
    }
  };
  runtime = start(flags.takeOver ?? false, flags.api.port);
  const { url } = await runtime.catch((error) => {
    throw explain(error, flags);
  });
  const stop = (signal: NodeJS.Signals) => {
    const seconds = flags.stopTimeout;
    if (isStopping) logger.info({ signal }, `stopping already, within ${seconds} s: SIGKILL ends the process at once`);
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, `stopping: requests and connections under way may finish, for at most ${seconds} s`);
    const close = async () => (await runtime).close(seconds * 1000);
    close().then(
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
  reload = () => void runtime.then((present) => present.reload());
  if (isStale) reload();
  // The ready line comes last: its reader may send a signal at once, and then the handlers must be in place.
  process.stdout.write(`weir ready api=${url} pid=${process.pid}\n`);
  releaseStartMemory();
  writeCompiledCode();
  notifyService((error) => logger.error({ err: error }, 'systemd cannot be told that the runtime is ready'));
}

function optionsOf(flags: ServeFlags) {
  return {
    dataDirectory: flags.data,
    keyFile: flags.keyFile,
    init: flags.init ?? false,
    apiHost: flags.api.host,
    apiNames: flags.apiName ?? [],
    workers: flags.workers,
    sockets: flags.sockets,
    ackTimeoutMs: flags.ackTimeout * 1000,
    vipPool: flags.vipPool,
    deniedTargets: flags.denyTargets ?? [],
    allowedTargets: flags.allowTargets ?? [],
    accessLog:
      flags.accessLog === undefined ? undefined : { file: flags.accessLog, sampleRate: flags.accessLogSample ?? 1 },
  };
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
