// The place of one worker in the main thread: it starts the thread, sends it questions, and replaces it when it ends.
import { Worker } from 'node:worker_threads';
import { resultWithin, withDeadline } from '../../../model/base/deadline.ts';
import type { PassiveReport } from '../../contract/engine.ts';
import type { Shortage } from '../../contract/shortage.ts';
import type { AccessLogInit, Batch } from '../access-log/access-log.ts';
import type { CarriedSessions } from '../shared/carried-state.ts';
import type { OpenFailure } from '../shared/endpoint.ts';
import type { Capacity, FromWorker, Log, Swap, ToWorker, WorkerInit } from '../shared/messages.ts';
import { createProgress, StandstillWatch } from '../shared/progress.ts';

/** The file in which a worker thread starts. The published package has it bundled, in one folder with the command. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../worker/worker.ts' : './worker.cjs', import.meta.url);
/**
 * Memory of a worker for objects that were just made, of which hardly any outlives a request. V8 takes up to 48 MiB of
 * it by default; requests and new connections cost no more processor time with an eighth of that.
 */
const YOUNG_MIB = 6;
/** Longest delay before a restart: threads that keep ending while they start must not use up the machine. */
const MAX_RESTART_DELAY_MS = 1_000;
const RESTART_DELAY_STEP_MS = 100;
/** A thread whose event loop stands still for this time while it is to serve a swap is ended and replaced. */
const STANDSTILL_MS = 2_000;
/** A thread whose event loop stands still for this time at any other moment is ended too: it serves no client. */
const HANG_MS = 10_000;
const HANG_LOOK_MS = 1_000;
const LOOK_MS = 250;
/** Limit for a swap in a thread whose event loop goes on. Only a fault of the thread makes a swap take so long. */
const MAX_SWAP_MS = 60_000;
/** How long a swap waits until a thread that starts serves, whatever it waits for. */
const START_MS = 5_000;

type Question = Exclude<Extract<ToWorker, { id: number }>, { type: 'udpSessions' }>;
/** A question to a worker thread without its id, which `ask` adds. */
export type Ask = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never;

interface WorkerPlaceOptions {
  /** Returns the data that a new worker thread is started with; called at each start. */
  readonly init: () => Omit<WorkerInit, 'progress'>;
  readonly onPassive: (report: PassiveReport) => void;
  readonly onShortage: (shortage: Shortage, count: number) => void;
  /** Receives a message for another worker. */
  readonly onCapacity: (capacity: Capacity) => void;
  /** Called when another worker is to close an idle connection to a target. */
  readonly onCloseIdle: (workerId: number) => void;
  /** Receives lines for the access log. `init` is the access log data that the thread was started with. */
  readonly onAccess: (batch: Batch, init: AccessLogInit) => void;
  /** Runs the replacement of a late thread when no other one is being replaced, so that the others serve meanwhile. */
  readonly inTurn: <T>(replace: () => Promise<T>) => Promise<T>;
  /** Called when the thread has ended for any reason. Another thread follows. */
  readonly onEnded: (workerId: number, reason: string) => void;
  /** Called when the replacement of an ended worker thread serves. */
  readonly onReplaced: (workerId: number) => void;
  readonly log: Log;
}

export class WorkerPlace {
  readonly id: number;
  readonly #options: WorkerPlaceOptions;
  #thread: Worker | undefined;
  #ready = Promise.withResolvers<readonly OpenFailure[]>();
  #isReady = false;
  #progress = createProgress();
  readonly #questions = new Map<number, (failures: readonly OpenFailure[] | undefined) => void>();
  readonly #sessionQuestions = new Map<number, (sessions: CarriedSessions) => void>();
  #nextQuestion = 1;
  #version = 0;
  #restarts = 0;
  #failedStarts = 0;
  /** The reason that was given to `end` for the present worker thread. */
  #endReason: string | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #hangTimer: NodeJS.Timeout | undefined;
  #isDestroyed = false;

  constructor(id: number, options: WorkerPlaceOptions) {
    this.id = id;
    this.#options = options;
    this.#start();
  }

  /** The snapshot version that the thread serves; 0 for none. */
  get version(): number {
    return this.#version;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Time in which the event loop of the present thread had work, in milliseconds. */
  get activeMs(): number {
    return this.#thread?.performance.eventLoopUtilization().active ?? 0;
  }

  /** Resolves when the present thread, or the first later one that succeeds, serves what it was started with. */
  get ready(): Promise<readonly OpenFailure[]> {
    return this.#ready.promise;
  }

  tell(message: Extract<ToWorker, { type: 'health' | 'ticketKeys' | 'capacity' | 'closeIdle' }>): void {
    this.#thread?.postMessage(message);
  }

  /** Asks the thread. Resolves with the response, or with `undefined` if the thread ends before it. */
  async ask(question: Ask): Promise<readonly OpenFailure[] | undefined> {
    const thread = this.#thread;
    if (!thread) return undefined;
    const id = this.#nextQuestion++;
    const { promise, resolve } = Promise.withResolvers<readonly OpenFailure[] | undefined>();
    this.#questions.set(id, resolve);
    thread.postMessage({ ...question, id } satisfies ToWorker);
    return await promise;
  }

  /**
   * Resolves when the thread serves the swap, or a replacement serves it from its start. A thread whose event loop
   * stands still is ended; one that is busy is not. Resolves with `undefined` if a thread does not start in time.
   */
  async swap(swap: Swap): Promise<readonly OpenFailure[] | undefined> {
    const response = this.ask({ type: 'swap', swap });
    // A thread that starts gets the swap after its start, during which its event loop stands still.
    const started = this.#isReady || withDeadline(Promise.race([this.ready, response]).then(isTrue), START_MS);
    if (!(await started)) return undefined;
    const failures = await this.#unlessStuck(response, `serve version ${swap.version}`);
    if (failures === undefined) return await withDeadline(this.ready, START_MS);
    this.#version = swap.version;
    return failures;
  }

  /** Asks the thread as `ask` does. A thread that serves, and whose event loop stands still meanwhile, is ended. */
  async askUnlessStuck(question: Ask): Promise<readonly OpenFailure[] | undefined> {
    const response = this.ask(question);
    if (!this.#isReady) return await withDeadline(response, START_MS);
    return await this.#unlessStuck(response, question.type);
  }

  /** The UDP sessions of the thread; none if it ends. */
  async udpSessions(): Promise<CarriedSessions> {
    const thread = this.#thread;
    if (!thread) return {};
    const id = this.#nextQuestion++;
    const { promise, resolve } = Promise.withResolvers<CarriedSessions>();
    this.#sessionQuestions.set(id, resolve);
    thread.postMessage({ type: 'udpSessions', id } satisfies ToWorker);
    return (await withDeadline(promise, STANDSTILL_MS)) ?? {};
  }

  /** Ends the worker's thread. Another one takes its place. */
  async end(reason: string): Promise<void> {
    const thread = this.#thread;
    this.#endReason = reason;
    this.#options.log('warn', 'ending a worker', { worker: this.id, reason });
    await thread?.terminate();
  }

  /** Ends the worker's thread for good. Idempotent. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    clearTimeout(this.#restartTimer);
    clearInterval(this.#hangTimer);
    this.#ready.resolve([]);
    await this.#thread?.terminate();
  }

  /** Returns the response to a question, or `undefined` if the thread ends before it, perhaps because it is stuck. */
  async #unlessStuck(
    response: Promise<readonly OpenFailure[] | undefined>,
    task: string,
  ): Promise<readonly OpenFailure[] | undefined> {
    const watch = new StandstillWatch(this.#progress);
    const stuck = Promise.withResolvers<string>();
    let lookedMs = 0;
    const timer = setInterval(() => {
      lookedMs += LOOK_MS;
      if (watch.look(LOOK_MS) >= STANDSTILL_MS) stuck.resolve(`its event loop stood still for ${STANDSTILL_MS} ms`);
      if (lookedMs >= MAX_SWAP_MS) stuck.resolve(`it did not ${task} within ${MAX_SWAP_MS} ms`);
    }, LOOK_MS);
    const result = await Promise.race([response, stuck.promise]);
    clearInterval(timer);
    if (typeof result !== 'string') return result;
    return await this.#options.inTurn(async () => {
      // Threads that were late together may go on while others are replaced.
      const late = await resultWithin(response, LOOK_MS);
      if (late !== undefined) return late.result;
      await this.end(result);
      await withDeadline(this.ready, START_MS);
      return undefined;
    });
  }

  /** Ends the present thread, which has started, once its event loop stands still for long. */
  #endIfHanging(): void {
    const watch = new StandstillWatch(this.#progress);
    const timer = setInterval(() => {
      if (watch.look(HANG_LOOK_MS) < HANG_MS) return;
      clearInterval(timer);
      void this.end(`its event loop stood still for ${HANG_MS} ms`);
    }, HANG_LOOK_MS);
    this.#hangTimer = timer;
  }

  #start(): void {
    this.#progress = createProgress();
    const workerData = { ...this.#options.init(), progress: this.#progress };
    const thread = new Worker(ENTRY, { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } });
    let cause: unknown;
    this.#thread = thread;
    this.#endReason = undefined;
    thread.on('message', (message: FromWorker) => {
      if (message.type === 'ready') this.#version = workerData.swap.version;
      this.#onMessage(message, workerData);
    });
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', (code) =>
      this.#onExit(cause instanceof Error ? (cause.stack ?? cause.message) : (this.#endReason ?? `exit code ${code}`)),
    );
  }

  #onMessage(message: FromWorker, { accessLog }: WorkerInit): void {
    switch (message.type) {
      case 'ready':
        this.#failedStarts = 0;
        this.#isReady = true;
        this.#ready.resolve(message.failures);
        this.#endIfHanging();
        if (this.#restarts > 0) this.#options.onReplaced(this.id);
        return;
      case 'reply':
        this.#questions.get(message.id)?.(message.failures);
        this.#questions.delete(message.id);
        return;
      case 'udpSessions':
        this.#sessionQuestions.get(message.id)?.(message.sessions);
        this.#sessionQuestions.delete(message.id);
        return;
      case 'passive':
        for (const report of message.reports) this.#options.onPassive(report);
        return;
      case 'shortage':
        this.#options.onShortage(message.shortage, message.count);
        return;
      case 'capacity':
        this.#options.onCapacity(message.capacity);
        return;
      case 'closeIdle':
        this.#options.onCloseIdle(message.workerId);
        return;
      case 'access':
        if (accessLog) this.#options.onAccess(message.batch, accessLog);
        return;
      case 'log':
        this.#options.log(message.level, message.message, { worker: this.id, ...message.fields });
    }
  }

  #onExit(reason: string): void {
    clearInterval(this.#hangTimer);
    this.#thread = undefined;
    this.#isReady = false;
    this.#version = 0;
    // `#ready` is renewed before the open questions end without a response: their callers then wait for the next
    // thread.
    const waiting = this.#ready;
    this.#ready = Promise.withResolvers();
    waiting.resolve(this.#ready.promise);
    for (const response of this.#questions.values()) response(undefined);
    this.#questions.clear();
    for (const response of this.#sessionQuestions.values()) response({});
    this.#sessionQuestions.clear();
    if (this.#isDestroyed) {
      this.#ready.resolve([]);
      return;
    }
    this.#restarts++;
    this.#options.onEnded(this.id, reason);
    const delayMs = Math.min(this.#failedStarts * RESTART_DELAY_STEP_MS, MAX_RESTART_DELAY_MS);
    this.#failedStarts++;
    if (delayMs === 0) this.#start();
    else this.#restartTimer = setTimeout(() => this.#start(), delayMs);
  }
}

function isTrue(): true {
  return true;
}
