// The ports that the kernel keeps for a minute after this machine has closed connections.
import { readFileSync } from 'node:fs';
import { freePort } from './free-port.ts';

/**
 * Returns a free port to which the kernel keeps no connection of an earlier test. The kernel gives it to no connection as
 * its own port, so that all later connections to it are those of the caller.
 */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (keptPorts(port) === 0) return port;
  }
}

/** Counts closed connections to a local port whose own ports are not free yet (TIME_WAIT). */
export function keptPorts(port: number): number {
  return connectionsTo(port, '06');
}

/** Counts established connections to a local port, as the kernel does. */
export function establishedTo(port: number): number {
  return connectionsTo(port, '01');
}

function connectionsTo(port: number, state: string): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const fields = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return fields.filter(([, , remote = '', found]) => found === state && remote.endsWith(end)).length;
}
