// One health check of one target: a TCP connect or an HTTP request, on a connection of its own.
import { type ClientRequest, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { targetKey } from '../../model/target-key.ts';
import type { HealthCheckSnapshot } from '../snapshot.ts';

/** Resolves with undefined where the check passed, else with what was wrong; never rejects. */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
) => Promise<string | undefined>;

export const probe: Probe = (target, check, signal) => {
  const at = { address: target.address, port: check.port ?? target.port };
  return check.protocol === 'HTTP' ? probeHttp(at, check, signal) : probeTcp(at, check, signal);
};

type Address = { readonly address: string; readonly port: number };

function probeTcp(
  { address, port }: Address,
  check: HealthCheckSnapshot,
  signal: AbortSignal,
): Promise<string | undefined> {
  return settle(`no connection within ${check.timeoutMs} ms`, check, signal, (finish) => {
    const socket = connect({ host: address, port });
    socket.once('connect', () => finish(undefined));
    return socket;
  });
}

function probeHttp(
  { address, port }: Address,
  check: HealthCheckSnapshot,
  signal: AbortSignal,
): Promise<string | undefined> {
  return settle(`no answer within ${check.timeoutMs} ms`, check, signal, (finish) => {
    const host = check.host ?? targetKey(address, port);
    const headers = { host, 'user-agent': 'weir-health-check', connection: 'close' };
    const sent = request({ host: address, port, path: check.path, method: check.method, headers, agent: false });
    sent.on('response', ({ statusCode = 0 }) => {
      const isExpected = check.expectedCodes.some(([low, high]) => low <= statusCode && statusCode <= high);
      finish(isExpected ? undefined : `answered ${statusCode}, which is not an expected code`);
    });
    sent.end();
    return sent;
  });
}

/** The first of: what `begin` finds out, an error, the time-out, the end of the check. */
function settle(
  late: string,
  { timeoutMs }: HealthCheckSnapshot,
  signal: AbortSignal,
  begin: (finish: (problem: string | undefined) => void) => ClientRequest | Socket,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (problem: string | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      attempt.destroy();
      resolve(problem);
    };
    const abort = () => finish('the check was ended');
    const timer = setTimeout(() => finish(late), timeoutMs);
    signal.addEventListener('abort', abort);
    const attempt = begin(finish);
    attempt.on('error', (error: Error) => finish(error.message));
  });
}
