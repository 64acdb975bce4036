// The health check of each protocol.
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import type { Probe } from './probe.ts';
import { probeHttp } from './probe-http.ts';
import { probeTcp } from './probe-tcp.ts';
import { probeUdp } from './probe-udp.ts';

const PROBES: Readonly<Record<HealthCheckSnapshot['protocol'], Probe>> = {
  TCP: probeTcp,
  HTTP: probeHttp,
  HTTPS: probeHttp,
  UDP: probeUdp,
};

/** One check by the protocol that it names, at its own port or else the target's. */
export const probe: Probe = (target, check, signal) =>
  PROBES[check.protocol]({ address: target.address, port: check.port ?? target.port }, check, signal);
