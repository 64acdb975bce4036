// The seam of a health check: one check of one target, on a connection of its own; probe-*.ts hold the protocols.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import { probeHttp } from './probe-http.ts';
import { probeTcp } from './probe-tcp.ts';
import { probeUdp } from './probe-udp.ts';

/** Resolves with undefined where the check passed, else with what was wrong; never rejects. */
export type Probe = (
  target: { readonly address: string; readonly port: number },
  check: HealthCheckSnapshot,
  signal: AbortSignal,
) => Promise<string | undefined>;

const PROBES: Readonly<Record<HealthCheckSnapshot['protocol'], Probe>> = {
  TCP: probeTcp,
  HTTP: probeHttp,
  HTTPS: probeHttp,
  UDP: probeUdp,
};

export const probe: Probe = (target, check, signal) =>
  PROBES[check.protocol]({ address: target.address, port: check.port ?? target.port }, check, signal);
