// The rules of eligibility: the error code for each, and the order in which they are checked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendServerSchema } from '../../../../provider/model/objects/backend-server.ts';
import { loadBalancerSchema } from '../../../../provider/model/objects/load-balancer.ts';
import { targetFault } from '../../../../provider/model/rules/eligibility.ts';
import type { Lookup } from '../../../../provider/model/rules/lookup.ts';

const PLACE = { region: 'r1', vpcId: 'vpc-1', zoneId: 'r1-a' };
const SERVER = { ...backendServerSchema.parse({ ...PLACE, addresses: ['10.0.0.1'] }), isExpired: false };

const CASES: readonly [difference: Partial<typeof SERVER>, loadBalancer: object, code: string | undefined][] = [
  [{}, PLACE, undefined],
  [{ region: 'r2' }, PLACE, 'NetworkConflict'],
  [{ vpcId: 'vpc-2' }, PLACE, 'NetworkConflict'],
  [{ zoneId: 'r1-b' }, PLACE, 'Mismatched.ZoneId'],
  [{ zoneId: undefined }, PLACE, undefined],
  [{ region: 'r2', vpcId: 'vpc-2', zoneId: 'r1-b' }, {}, undefined],
  [{ status: 'Starting' }, PLACE, 'BackendServerProcessing'],
  [{ status: 'Stopping' }, PLACE, 'IncorrectStatus.RSByPassToas'],
  [{ status: 'Stopped' }, PLACE, 'IncorrectStatus.RSByPassToas'],
  [{ isolated: true }, PLACE, 'IncorrectStatus.RSByPassToas'],
  [{ isExpired: true }, PLACE, 'IncorrectStatus.RSByPassToas'],
  [{ bandwidthMbps: 0 }, PLACE, 'IncorrectStatus.RSByPassToas'],
  [{ bandwidthMbps: 0.5 }, PLACE, undefined],
  [{ kind: 'eni' }, PLACE, 'OperationUnsupported.AddBackendServers'],
  [{ kind: 'eci' }, PLACE, 'OperationUnsupported.AddBackendServers'],
  [{ kind: 'eni' }, { ...PLACE, performance: 'guaranteed' }, undefined],
  [{ kind: 'eci', region: 'r2', status: 'Starting' }, PLACE, 'NetworkConflict'],
];

for (const [difference, loadBalancer, code] of CASES) {
  test(`a server with ${JSON.stringify(difference)} at ${JSON.stringify(loadBalancer)}: ${code ?? 'eligible'}`, () => {
    const { isExpired, ...server } = { ...SERVER, ...difference };
    const lookup: Lookup = { get: () => server as never, isKnown: () => true, hasExpired: () => isExpired };
    const target = { serverId: 'i-1', type: server.kind };
    assert.equal(targetFault(lookup, target, loadBalancerSchema.parse(loadBalancer))?.code, code);
  });
}
