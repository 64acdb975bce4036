// The runtime's part of a plan: the objects of every stack, and the holder and the health of each target.
import type { RuntimeClient } from '../../client/client.ts';
import type { ApiObject } from '../../model/api/objects.ts';
import type { StatusResponse } from '../../model/api/status.ts';
import { isWeirError } from '../../model/base/errors.ts';
import { KINDS, type Kind } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { targetKey } from '../../model/base/target-key.ts';
import type { RuntimeView } from './plan.ts';
import type { Preview } from './preview.ts';

/** Reads the runtime's objects, holders and health. Rejects if the runtime is not the one that the preview's state names. */
export async function readRuntime(client: RuntimeClient, preview: Preview): Promise<RuntimeView> {
  const runtimeIds = preview.steps.map(({ old }) => old?.outputs.runtimeId);
  const expected = runtimeIds.find((id) => typeof id === 'string');
  const lists = KINDS.map(async (kind) => [kind, await readable(client, kind, expected)] as const);
  const [status, ...objects] = await Promise.all([client.status(), ...lists]);
  const served = new Map<string, StatusResponse['listeners'][number]['targets'][number]>();
  for (const { id, targets } of status.listeners) {
    for (const target of targets) {
      const targetGroup = target.rule === undefined ? keyOf('listeners', id) : keyOf('rules', target.rule);
      served.set(JSON.stringify([targetGroup, targetKey(target.address, target.port)]), target);
    }
  }
  const find = (targetGroupKey: string, key: string) => served.get(JSON.stringify([targetGroupKey, key]));
  return {
    objects: new Map(objects),
    holderOf: (targetGroupKey, key) => find(targetGroupKey, key)?.attachment,
    healthOf: (targetGroupKey, key) => find(targetGroupKey, key)?.health,
  };
}

/**
 * The objects of a kind that the token may read. A pipeline's token that covers load balancers only gets no servers and
 * no auto scaling groups, and one that covers only a rule gets no load balancers and no listeners. Any token for what a
 * stack does to targets may read attachments.
 */
async function readable(client: RuntimeClient, kind: Kind, expected: string | undefined): Promise<ApiObject[]> {
  try {
    return await client.list(kind, expected);
  } catch (error) {
    if (kind === 'attachments' || !isWeirError(error) || error.code !== 'Forbidden') throw error;
    return [];
  }
}
