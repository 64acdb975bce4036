// One health check of one target: a TCP connect or an HTTP request, on a connection of its own.
import { request } from 'node:http';
import { connect, isIPv6 } from 'node:net';
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
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const finish = (problem: string | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(problem);
    };
    const abort = () => finish('the check was ended');
    const timer = setTimeout(() => finish(`no connection within ${check.timeoutMs} ms`), check.timeoutMs);
    signal.addEventListener('abort', abort);
    socket.once('connect', () => finish(undefined));
    socket.on('error', (error) => finish(error.message));
  });
}

function probeHttp(
  { address, port }: Address,
  check: HealthCheckSnapshot,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const host = check.host ?? (isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`);
    const headers = { host, 'user-agent': 'weir-health-check', connection: 'close' };
    const sent = request({ host: address, port, path: check.path, method: check.method, headers, agent: false });
    const finish = (problem: string | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      sent.destroy();
      resolve(problem);
    };
    const abort = () => finish('the check was ended');
    const timer = setTimeout(() => finish(`no answer within ${check.timeoutMs} ms`), check.timeoutMs);
    signal.addEventListener('abort', abort);
    sent.on('error', (error) => finish(error.message));
    sent.on('response', (answer) => {
      const code = answer.statusCode ?? 0;
      const isExpected = check.expectedCodes.some(([low, high]) => low <= code && code <= high);
      finish(isExpected ? undefined : `answered ${code}, which is not an expected code`);
    });
    sent.end();
  });
}
