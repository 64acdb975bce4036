// The table of health checks by protocol.
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

/** Runs one check with the check's protocol, at the check's port if it has one, else at the target's port. */
export const probe: Probe = (target, check, signal) =>
  PROBES[check.protocol]({ address: target.address, port: check.port ?? target.port }, check, signal);
