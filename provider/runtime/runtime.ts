// The runtime as a whole: store, control plane, data plane and API, created, started and closed together.
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { Networks } from '../model/base/networks.ts';
import { DENIED_BY_DEFAULT } from '../model/rules/connections.ts';
import { ApiCertificate } from './api/api-certificate.ts';
import { ApiNames } from './api/api-names.ts';
import { type CertificateFiles, readCertificate, reloadCertificate } from './api/certificate-files.ts';
import type { Patience } from './api/server.ts';
import type { ControlPlane as Control } from './control/control-plane.ts';
import { logEvent } from './control/events/event-lines.ts';
import { LimitedLog } from './control/events/limited-log.ts';
import { VipPool } from './control/write/vip-pool.ts';
import { EmbeddedEngine } from './embedded/engine.ts';
import { LogFile } from './embedded/main-thread/log-file.ts';
import { probe } from './health/probes.ts';
import { Backups } from './store/backups.ts';
import { HandedData } from './store/directory/handed-data.ts';
import { publishToken, withdrawToken } from './store/published-tokens.ts';
import { HandOver } from './take-over/hand-over.ts';
import { type HandOverOptions, handingRuntime } from './take-over/handing.ts';
import { withLeft } from './take-over/left-connections.ts';
import { askPredecessor, listenAt } from './take-over/start.ts';

interface RuntimeOptions {
  readonly dataDirectory: string;
  /** File of the key for stored secrets; `undefined` means `master-key` in the data directory. */
  readonly keyFile: string | undefined;
  /** Whether a new runtime may be made in a data directory that had one. */
  readonly init?: boolean;
  readonly apiHost: string;
  /** Port of the API; 0 picks a free port. */
  readonly apiPort: number;
  /** Names under which the API is called, besides `apiHost` and those of its certificate. */
  readonly apiNames: readonly string[];
  /** Certificate of the API; `undefined` serves it without TLS. */
  readonly certificate: CertificateFiles | undefined;
  readonly workers: number;
  /** What traffic is carried on; raw handles unless set. */
  readonly sockets?: 'raw' | 'net';
  readonly ackTimeoutMs: number;
  readonly vipPool: string;
  /** Networks that targets may not be in, besides those denied by default, and exceptions from both. */
  readonly deniedTargets: readonly string[];
  readonly allowedTargets: readonly string[];
  /** Access log; `undefined` keeps none. `sampleRate`: share of logged requests, above 0 and at most 1. */
  readonly accessLog: { readonly file: string; readonly sampleRate: number } | undefined;
  readonly logger: FastifyBaseLogger;
  /** Whether to take over from the runtime that runs in the data directory, if there is one. */
  readonly takeOver?: boolean;
  /** How another process may take over. `undefined` if none may. */
  readonly handOver?: HandOverOptions | undefined;
  /** How long the API waits for slow callers. `undefined` means the default of the API. */
  readonly patience?: Patience;
}

/** How long a process that was replaced stays at least: it serves again if the new one ends in this time. */
const PROBATION_MS = 3_000;

export interface Runtime {
  readonly url: string;
  readonly runtimeId: string;
  /** Opens the access log and reads the API's certificate again. What fails is logged, and the old one goes on. */
  reload(): Promise<void>;
  /** Lets open requests and connections finish for at most `graceMs`, then stops the runtime. Idempotent. */
  close(graceMs: number): Promise<void>;
}

export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { logger } = options;
  const pool = new VipPool(options.vipPool);
  const tls = options.certificate && readCertificate(options.certificate);
  const predecessor = options.takeOver ? await askPredecessor(options) : undefined;
  const logFile = await openAccessLog(options);
  const lines = new LimitedLog((level, message, fields) => logger[level](fields ?? {}, message));
  const { log } = lines;
  let running: Control | undefined;
  const engine = new EmbeddedEngine({
    workers: options.workers,
    ...(options.sockets && { sockets: options.sockets }),
    inherited: predecessor?.sockets,
    carried: predecessor?.carried,
    accessLog: logFile && {
      sampleRate: options.accessLog?.sampleRate ?? 1,
      append: (text) => logFile.append(text),
    },
    log,
    onPassive: (report) => running?.report(report),
    onShortage: (shortage, count) => running?.shortages.add(shortage, count),
    onWorkerChange: (change) => running?.workerChanged(change),
  });
  // Loaded only now, because workers load their code meanwhile.
  const { createApi } = await import('./api/server.ts');
  const { Tokens } = await import('./control/access/tokens.ts');
  const { TargetGuard } = await import('./control/write/target-guard.ts');
  const { ControlPlane } = await import('./control/control-plane.ts');
  // Workers start meanwhile. The process before gives up the data directory when nothing is left that may fail.
  await predecessor?.release();
  const data = await openData(options).catch(async (error) => {
    await engine.destroy();
    throw error;
  });
  const { store, stored, adminToken } = data;
  const guard = new TargetGuard({
    networks: {
      denied: new Networks([...options.deniedTargets, ...DENIED_BY_DEFAULT]),
      allowed: new Networks(options.allowedTargets),
    },
    api: () => api.addresses() as AddressInfo[],
  });
  const control = new ControlPlane({
    stored,
    store,
    engine,
    statistics: predecessor && withLeft(engine, () => predecessor.left),
    pool,
    guard,
    probe,
    maxChecks: () => engine.reservedFiles.checks,
    ackTimeoutMs: options.ackTimeoutMs,
    serveBefore: predecessor && ((version, changes) => predecessor.serve(version, changes)),
    nowMs: Date.now,
    onError: (error) => {
      // The store has logged its fault already, and the work is tried again every second.
      if (store.fault === undefined) log('error', 'background work failed', { err: error });
    },
    onEvent: (event) => logEvent(log, event),
    onShort: ({ resource, ...shortage }) => {
      logger.warn(
        shortage,
        `the runtime is short of ${resource}: checks and connections fail or wait, which says nothing of targets`,
      );
    },
  });
  running = control;
  const { runtimeId } = stored;
  const tokens = new Tokens({ stored: stored.tokens, store, adminToken, nowMs: Date.now });
  const certificate = new ApiCertificate(tls?.cert, logger);
  const names = new ApiNames([options.apiHost, ...options.apiNames], tls?.cert);
  const backups = new Backups(store, data.directory.databaseFile);
  const storage = { writeFault: () => store.fault?.cause, backup: (signal: AbortSignal) => backups.make(signal) };
  const { patience } = options;
  const maxConnections = () => engine.reservedFiles.apiConnections;
  const served = { control, tokens, storage, runtimeId, logger, log, tls, names, certificate };
  const api = await createApi({ ...served, maxConnections, patience });
  let closing: Promise<void> | undefined;
  const closeApi = (graceMs: number) => Promise.race([api.close(), sleep(graceMs, undefined, { ref: false })]);
  const close = (graceMs: number) => {
    closing ??= (async () => {
      const deadlineMs = performance.now() + graceMs;
      certificate.close();
      predecessor?.close();
      handOver?.close();
      data.stopWaiting();
      await control.close();
      // API and engine close in parallel, so a slow API caller leaves proxied traffic its whole time to finish.
      await Promise.all([closeApi(graceMs), engine.close(Math.max(0, deadlineMs - performance.now()))]);
      lines.close();
      await logFile?.close();
      // Before the lock is free: the next runtime of this directory stores its own.
      await data.close(() => atHome(logger, () => withdrawToken(runtimeId, data.directory.path)));
    })();
    return closing;
  };
  const finish = async ({ leaveMs, onLeft }: HandOverOptions, replaced: Promise<void>) => {
    const seconds = leaveMs / 1000;
    logger.info(`another process serves: connections that are open here may finish, for at most ${seconds} s`);
    certificate.close();
    await Promise.all([closeApi(leaveMs), engine.finish(leaveMs), replaced.then(() => sleep(PROBATION_MS))]);
    lines.close();
    await logFile?.close();
    onLeft();
  };
  const handing = options.handOver && {
    ...{ control, engine, data, predecessor, api: { host: options.apiHost, server: api.server } },
    finish: (left: HandOverOptions, replaced: Promise<void>) =>
      void finish(left, replaced).catch((error) => logger.error({ err: error }, 'the runtime did not stop cleanly')),
    options: options.handOver,
  };
  const handOver = handing && new HandOver(data.takeOverSocket, handingRuntime(handing), log);
  try {
    await control.start();
    engine.closeInherited();
    // Before the process before is replaced: it goes on if this fails.
    await listenAt(api, options, predecessor);
    if (predecessor !== undefined) {
      predecessor.onLeft = ({ open }) => engine.setOpenElsewhere(open);
      control.leases.continue(await predecessor.replace());
      engine.setOpenElsewhere(predecessor.left.open);
    }
    await handOver?.listen();
    predecessor?.ready();
    for (const { id, warnings } of guard.warned(control.model)) {
      logger.warn({ attachment: id, warnings }, 'stored targets that a write would be refused for are served');
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  atHome(logger, () => publishToken(runtimeId, adminToken, data.directory.path));

  const { address, port } = api.server.address() as AddressInfo;
  const scheme = tls === undefined ? 'http' : 'https';
  const url = `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const reload = async () => {
    await logFile?.reopen();
    try {
      if (options.certificate) {
        const pem = reloadCertificate(api.server as unknown as Server, options.certificate);
        names.useCertificate(pem);
        certificate.use(pem);
      }
      logger.info('reloaded the access log and the certificate of the API, as far as there are any');
    } catch (error) {
      const { message } = error as Error;
      logger.error({ error: message }, 'the API keeps its certificate, because the new one cannot be used');
    }
  };
  return { url, runtimeId, close, reload };
}

/** Changes the user's home folder. The runtime works without it, so a failure is only a warning. */
function atHome(logger: FastifyBaseLogger, change: () => void): void {
  try {
    change();
  } catch (error) {
    logger.warn(
      { err: error },
      "the administrator's token in ~/.weir is not up to date: use admin-token in the data directory",
    );
  }
}

async function openData({ dataDirectory, logger, ...options }: RuntimeOptions): Promise<HandedData> {
  const data = await HandedData.open(dataDirectory, options, (fault, path, error) => {
    if (fault === undefined) logger.info('the data directory can be written again');
    else logger.error({ err: error }, `nothing can be stored in ${path}: ${fault.cause}; ${fault.remedy}`);
  });
  const { warning, hadDatabase } = data.directory;
  if (warning !== undefined) logger.warn(warning);
  if (hadDatabase && options.init) {
    logger.warn('--init has no effect, because there is a database: leave it out, so that a lost database is noticed');
  }
  return data;
}

async function openAccessLog({ accessLog, logger }: RuntimeOptions): Promise<LogFile | undefined> {
  if (accessLog === undefined) return undefined;
  const { file } = accessLog;
  return await LogFile.open(file, (error) => logger.error({ err: error }, 'the access log cannot be written')).catch(
    (error) => {
      throw new Error(`the access log ${file} cannot be written: ${error.message}`, { cause: error });
    },
  );
}
