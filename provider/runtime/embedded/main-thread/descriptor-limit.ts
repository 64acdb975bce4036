// The limit of open files of the process: what traffic may use of it, and whether it is enough for the listeners.
import { readFileSync } from 'node:fs';
import type { ListenerSnapshot } from '../../contract/snapshot.ts';
import { clearDescriptors, createDescriptorCounters, openClients, setDescriptorLimit } from '../io/descriptors.ts';
import type { Log } from '../shared/messages.ts';
import { MAX_SESSIONS } from '../udp/session-table.ts';

/**
 * Descriptors of a runtime without listeners and clients (measured: 29), and of each worker (7, and its replacement). A
 * listening socket has two of each worker: the main thread's and the worker's.
 */
const OF_PROCESS = 40;
const OF_WORKER = 12;
const OF_LISTENING_SOCKET = 2;
/** Descriptors kept back for health checks: an eighth of a low limit, less of a high one. Other checks wait. */
const PART_FOR_CHECKS = 8;
const MIN_FOR_CHECKS = 16;
const ENOUGH_FOR_CHECKS = 512;
const PART_OF_HIGH_LIMIT = 64;
/** Descriptors kept back for the API and for connects, half of them for each: a part of the limit, within bounds. */
const PART_KEPT_BACK = 8;
const MIN_KEPT_BACK = 32;
const MAX_KEPT_BACK = 512;
/**
 * The part of the limit that is kept back for rejected connections while they get their response, and their largest
 * number. What one flooded listener leaves to others is not taken by the clients that it rejects.
 */
const PART_LINGERING = 16;
const MAX_LINGERING = 1024;
/** Connections that a listener without `maxConnections` may need, for the warning. */
const ASSUMED_CONNECTIONS = 1_000;
/** How often the limits are read: `prlimit` and `sysctl` change them while the process runs. */
const READ_MS = 1_000;
/** For a process without a limit: more than any machine has. */
const UNLIMITED = 2 ** 30;

interface DescriptorLimitOptions {
  readonly workers: number;
  readonly log: Log;
}

/** Files that traffic never gets. */
export interface ReservedFiles {
  readonly checks: number;
  readonly apiConnections: number;
}

export class DescriptorLimit {
  /** The counters that all workers share. */
  readonly shared: SharedArrayBuffer;
  readonly #workers: number;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #limit = openFileLimit();
  #ports = localPorts();
  #listeners = 0;
  #neededByListeners = 0;
  #isWarned = false;

  constructor({ workers, log }: DescriptorLimitOptions) {
    this.#workers = workers;
    this.#log = log;
    this.shared = createDescriptorCounters(workers);
    this.#apply();
    this.#timer = setInterval(() => this.#follow(), READ_MS).unref();
  }

  /** Reserves the listening sockets of the listeners. Warns if the limit is below what they may need. */
  serve(listeners: ReadonlyMap<string, ListenerSnapshot>): void {
    this.#listeners = listeners.size;
    this.#neededByListeners = 0;
    for (const listener of listeners.values()) this.#neededByListeners += neededBy(listener);
    this.#apply();
  }

  /** The open client connections and UDP sessions of a worker. */
  openClientsOf(workerId: number): number {
    return openClients(this.shared, workerId);
  }

  forgetWorker(workerId: number): void {
    clearDescriptors(this.shared, workerId);
  }

  get reserved(): ReservedFiles {
    const limit = this.#limit;
    return { checks: checksWithin(limit), apiConnections: Math.floor(keptBackWithin(limit) / 2) };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #follow(): void {
    const [limit, ports] = [openFileLimit(), localPorts()];
    if (limit === this.#limit && ports === this.#ports) return;
    this.#limit = limit;
    this.#ports = ports;
    this.#apply();
  }

  #apply(): void {
    const limit = this.#limit;
    const ofWorkers = this.#workers * (OF_WORKER + OF_LISTENING_SOCKET * this.#listeners);
    const maxLingering = Math.min(Math.floor(limit / PART_LINGERING), MAX_LINGERING);
    const own = OF_PROCESS + ofWorkers + checksWithin(limit) + keptBackWithin(limit) + maxLingering;
    setDescriptorLimit(this.shared, { limit: Math.max(0, limit - own), maxLingering, ports: this.#ports });
    const needed = own + this.#neededByListeners;
    const isShort = needed > limit;
    if (isShort && !this.#isWarned)
      this.#log(
        'warn',
        'the limit of open files is below what the listeners may need: raise LimitNOFILE of the service, or `ulimit -n`',
        { limit, needed, listeners: this.#listeners },
      );
    this.#isWarned = isShort;
  }
}

/** Descriptors that a listener may need: a client has a connection to a target too, and a UDP session one socket. */
function neededBy({ protocol, maxConnections }: ListenerSnapshot): number {
  if (protocol === 'UDP') return Math.min(MAX_SESSIONS, maxConnections ?? MAX_SESSIONS);
  return 2 * (maxConnections ?? ASSUMED_CONNECTIONS);
}

/** The present soft limit of open files. Node.js raises it to the hard one at its start. */
function openFileLimit(): number {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined || soft === 'unlimited' ? UNLIMITED : Number(soft);
  } catch {
    return limitAtStart;
  }
}

/** How many checks may be under way with this limit of open files. */
function checksWithin(limit: number): number {
  const enough = Math.max(ENOUGH_FOR_CHECKS, limit / PART_OF_HIGH_LIMIT);
  return Math.floor(Math.max(Math.min(limit / PART_FOR_CHECKS, enough), MIN_FOR_CHECKS));
}

/** How many descriptors this limit of open files leaves to the API and to connects. */
function keptBackWithin(limit: number): number {
  return Math.min(Math.max(Math.floor(limit / PART_KEPT_BACK), MIN_KEPT_BACK), MAX_KEPT_BACK);
}

/** How many local ports the machine has for sockets bound without a port. Other systems have at least 16,384. */
function localPorts(): number {
  try {
    const [first = 0, last = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .split('\t')
      .map(Number);
    return last - first + 1;
  } catch {
    return 2 ** 14;
  }
}

/** Without /proc, only a diagnostic report knows the limit; it takes 5 ms, so that it is made once. */
const limitAtStart = process.platform === 'linux' ? UNLIMITED : reportedLimit();

function reportedLimit(): number {
  const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: unknown } } } | undefined;
  const soft = report?.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : UNLIMITED;
}
