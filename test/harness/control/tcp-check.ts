// A TCP health check as a snapshot contains it. Its long interval means that a test sees only one result.
import type { HealthCheckSnapshot } from '../../../provider/runtime/contract/snapshot.ts';

export const TCP_CHECK: HealthCheckSnapshot = {
  protocol: 'TCP',
  port: undefined,
  path: '/',
  host: undefined,
  method: 'GET',
  expectedCodes: [[200, 399]],
  send: undefined,
  expect: undefined,
  proxyProtocol: undefined,
  intervalMs: 60_000,
  timeoutMs: 5_000,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
};
