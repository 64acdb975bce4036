// `weir join`: keeps a server a member of an auto scaling group, also across restarts of the runtime.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeClient } from '../../client/client.ts';
import { TimeLimit } from '../../client/time-limit.ts';
import { hasCode, isWeirError } from '../../model/base/errors.ts';

/** Renewals in one time to live. Two of them may fail before the lease ends. */
const RENEWALS = 3;
/** Limit for one attempt, for a long time to live. */
const MAX_ATTEMPT_MS = 30_000;
/** Pauses after failed attempts. Each is twice as long as the one before, within these limits. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Refusals after which another attempt may succeed: a newer write of the same member, and a new runtime. */
const TRIED_AGAIN = ['Superseded', 'RuntimeMismatch'] as const;

type Client = Pick<RuntimeClient, 'within' | 'leave'>;

interface Membership {
  readonly groupId: string;
  readonly serverId: string;
  readonly ttlSeconds: number;
  /** Makes a new client. Rejects if the runtime does not respond. */
  readonly connect: () => Promise<Client>;
  /** Called when the server is a member for the first time, and when it is one again. */
  readonly onMember: (isFirst: boolean) => void;
  /** Called when a member could not renew its lease, or when the first attempt to join has failed. */
  readonly onAbsent: (error: Error) => void;
  /** Called with each text in which the runtime says what the end of the membership waits for. */
  readonly onProgress: (text: string) => void;
  /** Ends the membership. */
  readonly signal: AbortSignal;
}

/**
 * Joins, and renews the lease until `signal` aborts. Then it leaves the group. While the runtime does not respond, it
 * tries again and again. Rejects if the runtime refuses the server, or if the server cannot leave.
 */
export async function keepMember(membership: Membership): Promise<void> {
  const { groupId, serverId, ttlSeconds, connect, onMember, onAbsent, onProgress, signal } = membership;
  const periodMs = (ttlSeconds * 1000) / RENEWALS;
  let client: Client | undefined;
  let hasTried = false;
  let wasMember = false;
  /** Number of attempts that have failed since the last success. */
  let failures = 0;
  while (!signal.aborted) {
    try {
      client ??= await connect();
      hasTried = true;
      const limit = new TimeLimit(Math.min(periodMs, MAX_ATTEMPT_MS), 'a third of the time to live');
      await client.within(limit).join(groupId, serverId, ttlSeconds);
      if (failures > 0 || !wasMember) onMember(!wasMember);
      wasMember = true;
      failures = 0;
    } catch (error) {
      if (isFinal(error)) throw error;
      client = undefined;
      if (failures === 0) onAbsent(error as Error);
      failures += 1;
    }
    await pause(failures === 0 ? periodMs : pauseMs(failures, periodMs), signal);
  }
  if (!hasTried) return;
  client ??= await connect();
  for (const warning of await client.leave(groupId, serverId, onProgress)) onProgress(warning);
}

/** Whether another attempt would fail as well, because the runtime refuses the request. */
function isFinal(error: unknown): boolean {
  if (!isWeirError(error)) return true;
  if (TRIED_AGAIN.some((code) => hasCode(error, code))) return false;
  return error.status >= 400 && error.status < 500;
}

/** The pause after a failed attempt. It is random, so that the members of a group do not all come back at once. */
function pauseMs(failures: number, periodMs: number): number {
  const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE_MS, periodMs);
  return longestMs * (0.5 + Math.random() / 2);
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return sleep(durationMs, undefined, { signal }).catch(() => {});
}
