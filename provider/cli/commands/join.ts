// `weir join`: makes a server a member of an auto scaling group for as long as the command runs.
import { connectClient } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import { keepMember } from '../join/keep-member.ts';
import { print, tell } from './output.ts';
import { notifyService } from './service-notification.ts';

export interface JoinFlags extends Reach {
  readonly server: string;
  readonly ttl: number;
}

/** Signals at which the server leaves the group. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export async function runJoin(group: string, { server, ttl, ...reach }: JoinFlags): Promise<void> {
  const end = new AbortController();
  // The handlers stay after the first signal: without them, a second Ctrl-C would leave the server in the group.
  for (const signal of SIGNALS) process.on(signal, () => end.abort());
  const name = `${server} is a member of ${group}`;
  try {
    await keepMember({
      groupId: group,
      serverId: server,
      ttlSeconds: ttl,
      connect: () => connectClient(reach),
      onMember: (isFirst) => {
        print(isFirst ? `${name}, with a lease of ${ttl} s\n` : `${name} again\n`);
        if (isFirst) notifyService((error) => tell(`systemd cannot be told of it: ${error.message}\n`));
      },
      onAbsent: ({ message }) => tell(`${server} cannot join ${group} or renew its lease, and tries on: ${message}\n`),
      onProgress: (text) => tell(`${text}\n`),
      signal: end.signal,
    });
  } catch (error) {
    if (end.signal.aborted) tell(`${server} could not leave ${group}: its lease ends in ${ttl} s at most\n`);
    throw error;
  }
  // Connections that are kept for the next request would let the process run on for a while.
  process.exit(0);
}
