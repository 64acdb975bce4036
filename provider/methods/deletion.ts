// Deletes of objects: by incarnation, with what a replacement left, and with what the stack has below the object.
import { type Call, FIRST_CHECKS_MS, type RuntimeClient } from '../client/client.ts';
import { report } from '../messages/report.ts';
import { hasCode } from '../model/base/errors.ts';
import { KINDS } from '../model/base/kinds.ts';
import { resourceName } from '../model/base/urn.ts';
import { toMs } from '../model/objects/seconds.ts';
import { objectsBelow } from '../model/rules/below.ts';
import type { Program } from '../program/program.ts';
import type { State } from '../properties/properties.ts';

/**
 * Deletes the object of a resource. If the program still has the resource, which was replaced, its newer object under
 * this id stays.
 */
export async function deleteResource(client: RuntimeClient, call: Call, state: State, program: Program): Promise<void> {
  const incarnation = state.incarnation === undefined ? undefined : String(state.incarnation);
  const waitMs = FIRST_CHECKS_MS + toMs(Number(state.awaitDrainSeconds ?? 0));
  const warnings = await deleteWithBelow(client, call, incarnation, waitMs, program);
  for (const warning of warnings) report(`${resourceName(state) || call.id}: ${warning}`);
  if (program.has(state.owner) || state.owner === undefined) return;
  // A newer object of the same owner comes from a replacement that the Pulumi CLI, killed too early, did not hear of.
  const left = await client.get(call).catch(() => undefined);
  if (left?.owner !== state.owner) return;
  await client.delete(call, left.incarnation, waitMs).catch((error) => {
    // InUse means that the Pulumi CLI knows of the replacement after all. The CLI deletes the newer object later, in its
    // own order.
    if (!hasCode(error, 'InUse')) throw error;
  });
}

/**
 * Deletes an object, and with it what its stack has below it. The engine does not delete a resource that is
 * `deletedWith` another one, an option that it inherits and does not pass on. If one of these objects is the program's,
 * nothing is deleted: with `--continue-on-error`, its move to another parent may have failed.
 */
async function deleteWithBelow(
  client: RuntimeClient,
  call: Call,
  incarnation: string | undefined,
  waitMs: number,
  program: Program,
): Promise<readonly string[]> {
  try {
    return await client.delete(call, incarnation, waitMs);
  } catch (error) {
    if (!hasCode(error, 'InUse') || (await isAboveProgram(client, call, program))) throw error;
    return await client.delete(call, incarnation, waitMs, 'stack');
  }
}

/** Whether an object of the program is below the object. */
async function isAboveProgram(
  client: RuntimeClient,
  { kind, id, expectedRuntime }: Call,
  program: Program,
): Promise<boolean> {
  if (program.isEmpty) return false;
  const lists = KINDS.map(async (other) => {
    const objects = await client.list(other, expectedRuntime);
    return objects.map((object) => ({ kind: other, id: object.id, object }));
  });
  const below = objectsBelow({ kind, id }, (await Promise.all(lists)).flat(), ({ object }) => object);
  return below.some(({ kind, object }) => program.mayHold(kind, object));
}
