// A check as a snapshot has it, from which tests make theirs: of TCP, and so patient that one result is all there is.
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
