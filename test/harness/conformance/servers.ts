// Backend servers for conformance scenarios of eligibility and auto scaling, placed in the load balancer's zone.
import { until } from '../runtime/runtime.ts';
import type { World } from './world.ts';

export const PLACE = { region: 'r1', vpcId: 'vpc-1', zoneId: 'z1' };

export async function putServer({ runtime }: World, id: string, difference: object = {}): Promise<void> {
  await runtime.done('PUT', `/v1/backend-servers/${id}`, { ...PLACE, addresses: ['127.0.0.1'], ...difference });
}

interface TargetStatus {
  readonly attachment: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly rule?: string;
  readonly health: string;
  readonly reason?: string;
}

/** Returns the status of every target of a listener. */
export async function statusOf({ runtime }: World, listenerId = 'web'): Promise<TargetStatus[]> {
  const { listeners } = await runtime.done('GET', '/v1/status');
  return listeners.find(({ id }: { id: string }) => id === listenerId).targets;
}

/**
 * Waits until the named target of the listener has the given health, and every worker knows of it. Returns its status.
 */
export async function untilHealth(
  world: World,
  name: string,
  health: string,
  listenerId = 'web',
): Promise<TargetStatus> {
  const found = await until(`${name} of ${listenerId} to be ${health}`, async () =>
    (await statusOf(world, listenerId)).find((target) => target.name === name && target.health === health),
  );
  // The status shows a health change before the workers have its message. A write is acknowledged after it.
  await putServer(world, 'of-no-target');
  await world.runtime.done('DELETE', '/v1/backend-servers/of-no-target');
  return found;
}
