// `create`, `read`, `update` and `delete` of every resource type: from the state to the runtime and back.
import type { dynamic } from '@pulumi/pulumi';
import type { Call, RuntimeClient } from '../client/client.ts';
import { TimeLimit } from '../client/time-limit.ts';
import { progressLines } from '../messages/progress.ts';
import { report } from '../messages/report.ts';
import type { ApiObject } from '../model/api/objects.ts';
import { durationMs } from '../model/base/duration.ts';
import { hasCode, isWeirError, WeirError } from '../model/base/errors.ts';
import { isRetained } from '../model/base/incarnation.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { isRecord } from '../model/base/record.ts';
import { resourceName, stackOf } from '../model/base/urn.ts';
import type { Program, Replaced } from '../program/program.ts';
import type { Inputs, Properties, State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { refuseAdoption } from './adoption.ts';
import { deleteResource } from './deletion.ts';
import { isSameObject, newIncarnation, newObjectId } from './object-id.ts';
import { ifUnchanged, isPartialFailure, ObjectWriter, secretNames } from './object-writer.ts';
import { inputsOf, observedOf, outputsOf } from './outputs.ts';
import { lastWritten, lostWith } from './outside.ts';
import { reportOutside, reportWarnings } from './reports.ts';

/** The largest number of ids that a create tries. No resource's name has been taken over so often. */
const MAX_CHOICE = 100;

export class Lifecycle {
  readonly #resource: ResourceDescription;
  readonly #client: RuntimeClient;
  readonly #writer: ObjectWriter;

  constructor(resource: ResourceDescription, client: RuntimeClient) {
    this.#resource = resource;
    this.#client = client;
    this.#writer = new ObjectWriter(resource, client);
  }

  /** The lifecycle for one operation, which takes at most the time that the resource option customTimeouts sets. */
  within({ customTimeouts }: State, operation: 'create' | 'read' | 'update' | 'delete'): Lifecycle {
    const text = isRecord(customTimeouts) ? customTimeouts[operation] : undefined;
    const ms = durationMs(text) ?? 0;
    if (ms === 0) return this;
    const limit = new TimeLimit(ms, `the customTimeouts.${operation} of ${text}`);
    return new Lifecycle(this.#resource, this.#client.within(limit));
  }

  /** `replaced`: what the new object replaces, if the state has the resource already. */
  async create(inputs: Inputs, replaced?: Replaced): Promise<dynamic.CreateResult> {
    if (replaced !== undefined) await this.#tellLost(inputs, replaced);
    if (inputs.adopt !== undefined) return this.#adopt(String(inputs.adopt), inputs, replaced !== undefined);
    return this.#createNew(inputs, replaced !== undefined);
  }

  async update(id: string, olds: State, news: Inputs): Promise<dynamic.UpdateResult> {
    const expectedRuntime = runtimeOf(olds);
    const isKept = olds.incarnation !== undefined && isRetained(olds) === (news.retainOnDelete === true);
    const write = { incarnation: isKept ? String(olds.incarnation) : newIncarnation(news), expectedRuntime };
    // A stack that moves to another runtime writes there what it has.
    const hasMoved = expectedRuntime !== undefined && expectedRuntime !== (await this.#client.runtimeId());
    if (hasMoved) return { outs: await this.#writer.put(id, news, write) };
    return { outs: await this.#writer.update(id, olds, news, write) };
  }

  async read(id: string, state: State): Promise<dynamic.ReadResult> {
    const expectedRuntime = runtimeOf(state);
    const stored = await this.#client.get(this.#call(id, expectedRuntime));
    if (stored === undefined) {
      if (expectedRuntime === undefined) throw this.#notThere(id);
      return { id: '', props: {} };
    }
    const observed = withIdentityOf(state, observedOf(this.#resource, stored, state));
    reportWarnings(state, stored);
    const inputs = inputsOf(this.#resource, observed, state);
    return { id, props: await outputsOf(this.#resource, observed, inputs, this.#client), inputs };
  }

  /** Deletes the object. `program`: the program that runs, which is empty in a destroy. */
  async delete(id: string, state: State, program: Program): Promise<void> {
    const call = { ...this.#call(id, runtimeOf(state)), onProgress: progressLines(resourceName(state) || id) };
    try {
      await deleteResource(this.#client, call, state, program);
    } catch (error) {
      if (!hasCode(error, 'InUse') || !this.#isMadeAgain(state, program)) throw error;
      report(`${resourceName(state) || id}: is in use, so it is not deleted before it is replaced`);
    }
  }

  /**
   * Whether the program makes an object anew under the id that it has, as `deleteBeforeReplace` asks for. The engine
   * deletes such an object before those that name it have left it, and they need not leave it.
   */
  #isMadeAgain(state: State, program: Program): boolean {
    const wanted = program.get(this.#resource.kind, state.owner);
    return wanted !== undefined && isSameObject(this.#resource, state, wanted as Properties);
  }

  /**
   * Creates the object under the first id that no other owner has. An object keeps its id if an alias renames its
   * resource or if another stack adopts it. A new resource of the old name then finds that id taken and tries the next
   * one. The order of ids is fixed, so a repeated create finds its own object.
   */
  async #createNew(inputs: Inputs, isReplacement: boolean, choice = 0): Promise<dynamic.CreateResult> {
    const id = newObjectId(this.#resource, inputs, choice);
    const incarnation = newIncarnation(inputs);
    try {
      return { id, outs: await this.#writer.put(id, inputs, { incarnation, condition: { 'If-None-Match': '*' } }) };
    } catch (error) {
      const isThere = hasCode(error, 'PreconditionFailed');
      // OwnedByOther can also mean that another stack has bound one of the targets, or does not share the parent.
      if (!isThere && !saysOwnedByOther(error)) throw error;
      const stored = await this.#client.get(this.#call(id, undefined)).catch((failure) => {
        if (isThere && hasCode(failure, 'Forbidden')) return undefined;
        throw failure;
      });
      const isForeign = stored !== undefined && stored.owner !== inputs.owner;
      if (isForeign && choice < MAX_CHOICE) return this.#createNew(inputs, isReplacement, choice + 1);
      if (isForeign || !isThere) throw error;
      // The create is repeated if its response was lost: the object then has its incarnation.
      if (!isReplacement && stored?.incarnation !== incarnation) this.#reuse(inputs, id, stored);
      return { id, outs: await this.#writer.put(id, inputs, { incarnation }) };
    }
  }

  async #adopt(id: string, inputs: Inputs, isReplacement: boolean): Promise<dynamic.CreateResult> {
    const stored = await this.#client.get(this.#call(id, undefined));
    if (stored === undefined) throw this.#notThere(id, ': leave adopt out to make a new one');
    if (stored.owner === inputs.owner) {
      // This resource has adopted the object before. The create repeats one whose response was lost, or makes a
      // replacement: a new incarnation of the same object or, if the identity changes, an object under an id of its
      // own.
      if (!isSameObject(this.#resource, stored, inputs)) return this.#createNew(inputs, isReplacement);
      if (!isReplacement) this.#reuse(inputs, id, stored);
      return this.#createAt(id, inputs);
    }
    refuseAdoption(this.#resource, stored, inputs);
    const adopted = this.#writer.put(id, inputs, { incarnation: stored.incarnation, condition: ifUnchanged(stored) });
    if (!stored.owner && inputs.retainOnDelete !== true) return { id, outs: await adopted };
    // The previous owner knows the adopted incarnation, with which it could delete the object or take the object back.
    // The object therefore gets a new incarnation, as does a retained one, even if the first write was stored but its
    // targets are not healthy.
    await adopted.catch((error) => {
      if (!isPartialFailure(error)) throw error;
    });
    return this.#createAt(id, inputs);
  }

  async #createAt(id: string, inputs: Inputs): Promise<dynamic.CreateResult> {
    return { id, outs: await this.#writer.put(id, inputs, { incarnation: newIncarnation(inputs) }) };
  }

  /**
   * Tells that a create takes over an object of its own owner, or refuses it if the configuration says so. The state of
   * another backend may have the object, since URNs have no more than the names of project and stack.
   */
  #reuse(inputs: Inputs, id: string, stored: ApiObject | undefined): void {
    const since = stored?.stack?.createdAt;
    const what = `${KIND_NAMES[this.#resource.kind]} ${id}, which exists ${since === undefined ? 'already' : `since ${since}`}`;
    // For `--replace` the engine calls `check` without old inputs, as for a new resource.
    const why =
      'that is right with --replace or after an interrupted up; otherwise another state has the same project and stack names';
    if (this.#client.reuseObjects) {
      report(`${resourceName(inputs)}: reuses the ${what}: ${why}`);
      if (stored === undefined) return;
      const written = lastWritten(this.#resource, stored, inputs);
      reportOutside(inputs, lostWith(this.#resource, written, inputs, stored, secretNames(inputs)));
      return;
    }
    throw new WeirError(
      'PreconditionFailed',
      `The create would reuse the ${what}: ${why}. weir:reuseObjects is false, so nothing was changed: rename the stack, or set weir:reuseObjects to true.`,
    );
  }

  /** Tells what others changed in an object that a new one replaces, because the new one has the program's values. */
  async #tellLost(inputs: Inputs, { id, state }: Replaced): Promise<void> {
    const old = id ?? (inputs.adopt === undefined ? newObjectId(this.#resource, state) : String(inputs.adopt));
    const stored = await this.#client.get(this.#call(old, undefined)).catch(() => undefined);
    if (stored === undefined || stored.owner !== state.owner) return;
    reportOutside(inputs, lostWith(this.#resource, state, inputs, stored, secretNames(inputs)));
  }

  /**
   * The error for an object that `get` or an adoption names and the runtime does not have. The empty id by which a
   * refresh learns that an object is gone would go unnoticed in these two cases.
   */
  #notThere(id: string, advice = ''): WeirError {
    const message = `the runtime at ${this.#client.endpoint} has no ${KIND_NAMES[this.#resource.kind]} ${id}${advice}`;
    return new WeirError('NotFound', message);
  }

  #call(id: string, expectedRuntime: string | undefined): Call {
    return { kind: this.#resource.kind, id, expectedRuntime };
  }
}

/**
 * Whether another owner may have the id. A token that does not write for that owner gets Forbidden, with the code in a
 * detail.
 */
function saysOwnedByOther(error: unknown): boolean {
  if (!isWeirError(error)) return false;
  return error.code === 'OwnedByOther' || error.details.some(({ code }) => code === 'OwnedByOther');
}

function runtimeOf({ runtimeId }: State): string | undefined {
  return typeof runtimeId === 'string' ? runtimeId : undefined;
}

/**
 * Keeps the owner and the incarnation of the state for an object that was recreated, adopted by another resource or put
 * in the place of this one. If the state had the object's new owner and incarnation, the next `pulumi up` would take
 * the object back, or delete the replacement.
 */
function withIdentityOf(state: State, stored: ApiObject): ApiObject {
  const { owner, incarnation } = state;
  if (typeof owner !== 'string' || typeof incarnation !== 'string' || !stored.owner) return stored;
  if (stored.incarnation === incarnation) return stored;
  if (stackOf(stored.owner) !== stackOf(owner)) {
    report(`${resourceName(state)}: belongs to ${stored.owner} now: take it out of this program`);
  }
  return { ...stored, owner, incarnation };
}
