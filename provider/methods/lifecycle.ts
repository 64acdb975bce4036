// `create`, `read`, `update` and `delete` of every resource type: from the state to the runtime and back.
import type { dynamic } from '@pulumi/pulumi';
import type { Call, RuntimeClient } from '../client/client.ts';
import { TimeLimit } from '../client/time-limit.ts';
import { report } from '../messages/report.ts';
import { shownMessage } from '../messages/shown-error.ts';
import { type ApiObject, warningsOf } from '../model/api/objects.ts';
import { durationMs } from '../model/base/duration.ts';
import { type ErrorCode, isWeirError, WeirError } from '../model/base/errors.ts';
import { isRetained } from '../model/base/incarnation.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { isRecord } from '../model/base/record.ts';
import { resourceName, stackOf } from '../model/base/urn.ts';
import type { Program } from '../program/program.ts';
import type { Inputs, State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { refuseAdoption } from './adoption.ts';
import { deleteResource } from './deletion.ts';
import { isSameObject, newIncarnation, newObjectId } from './object-id.ts';
import { bodyOf, inputsOf, outputsOf } from './outputs.ts';

/** The largest number of ids that a create tries. No resource's name has been taken over so often. */
const MAX_CHOICE = 100;

export class Lifecycle {
  readonly #resource: ResourceDescription;
  readonly #client: RuntimeClient;

  constructor(resource: ResourceDescription, client: RuntimeClient) {
    this.#resource = resource;
    this.#client = client;
  }

  /** The lifecycle for one operation, which takes at most the time that the resource option customTimeouts sets. */
  within({ customTimeouts }: State, operation: 'create' | 'read' | 'update' | 'delete'): Lifecycle {
    const text = isRecord(customTimeouts) ? customTimeouts[operation] : undefined;
    const ms = durationMs(text) ?? 0;
    if (ms === 0) return this;
    const limit = new TimeLimit(ms, `the customTimeouts.${operation} of ${text}`);
    return new Lifecycle(this.#resource, this.#client.within(limit));
  }

  async create(inputs: Inputs): Promise<dynamic.CreateResult> {
    if (inputs.adopt !== undefined) return this.#adopt(String(inputs.adopt), inputs);
    return this.#createNew(inputs);
  }

  async update(id: string, olds: State, news: Inputs): Promise<dynamic.UpdateResult> {
    const isKept = olds.incarnation !== undefined && isRetained(olds) === (news.retainOnDelete === true);
    const incarnation = isKept ? String(olds.incarnation) : newIncarnation(news);
    return { outs: await this.#put(id, news, incarnation, runtimeOf(olds)) };
  }

  async read(id: string, state: State): Promise<dynamic.ReadResult> {
    const expectedRuntime = runtimeOf(state);
    const stored = await this.#client.get(this.#call(id, expectedRuntime));
    if (stored === undefined) {
      if (expectedRuntime === undefined) throw this.#notThere(id);
      return { id: '', props: {} };
    }
    const observed = withIdentityOf(state, this.#observed(stored, state));
    reportWarnings(state, stored);
    return {
      id,
      props: outputsOf(this.#resource, observed, state, await this.#runtime()),
      inputs: inputsOf(this.#resource, observed, state),
    };
  }

  /** Deletes the object. `program`: the program that runs, which is empty in a destroy. */
  async delete(id: string, state: State, program: Program): Promise<void> {
    await deleteResource(this.#client, this.#call(id, runtimeOf(state)), state, program);
  }

  /**
   * Creates the object under the first id that no other owner has. An object keeps its id if an alias renames its
   * resource or if another stack adopts it. A new resource of the old name then finds that id taken and tries the next
   * one. The order of ids is fixed, so a repeated create finds its own object.
   */
  async #createNew(inputs: Inputs, choice = 0): Promise<dynamic.CreateResult> {
    const id = newObjectId(this.#resource, inputs, choice);
    try {
      return await this.#createAt(id, inputs);
    } catch (error) {
      // OwnedByOther can also mean that another stack has bound one of the targets, or does not share the parent.
      if (!saysOwnedByOther(error) || choice === MAX_CHOICE) throw error;
      const stored = await this.#client.get(this.#call(id, undefined));
      if (stored === undefined || stored.owner === inputs.owner) throw error;
      return this.#createNew(inputs, choice + 1);
    }
  }

  async #createAt(id: string, inputs: Inputs): Promise<dynamic.CreateResult> {
    return { id, outs: await this.#put(id, inputs, newIncarnation(inputs), undefined) };
  }

  async #adopt(id: string, inputs: Inputs): Promise<dynamic.CreateResult> {
    const stored = await this.#client.get(this.#call(id, undefined));
    if (stored === undefined) throw this.#notThere(id, ': leave adopt out to make a new one');
    if (stored.owner === inputs.owner) {
      // This resource has adopted the object before. The create repeats one whose response was lost, or makes a
      // replacement: a new incarnation of the same object or, if the identity changes, an object under an id of its
      // own.
      return isSameObject(this.#resource, stored, inputs) ? this.#createAt(id, inputs) : this.#createNew(inputs);
    }
    refuseAdoption(this.#resource, stored, inputs);
    const adopted = this.#put(id, inputs, stored.incarnation, undefined, stored.etag);
    if (!stored.owner && inputs.retainOnDelete !== true) return { id, outs: await adopted };
    // The previous owner knows the adopted incarnation, with which it could delete the object or take the object back.
    // The object therefore gets a new incarnation, as does a retained one, even if the first write was stored but its targets are not healthy.
    await adopted.catch((error) => {
      if (!isPartialFailure(error)) throw error;
    });
    return this.#createAt(id, inputs);
  }

  async #put(
    id: string,
    inputs: Inputs,
    incarnation: string,
    expectedRuntime: string | undefined,
    ifMatch?: string,
  ): Promise<Record<string, unknown>> {
    const call = this.#call(id, expectedRuntime);
    const waitMs = this.#resource.waitMs?.(inputs);
    try {
      const stored = await this.#client.put(call, { ...bodyOf(this.#resource, inputs), incarnation }, waitMs, ifMatch);
      reportWarnings(inputs, stored);
      return outputsOf(this.#resource, this.#observed(stored, inputs), inputs, await this.#runtime());
    } catch (error) {
      throw (await this.#partialFailure(error, call, inputs, incarnation)) ?? error;
    }
  }

  /**
   * The engine's form of a failed write that is stored nevertheless. Without it, the next `pulumi up` would create the
   * existing object. With it, the engine keeps the object as it is, and the next `pulumi up` updates it. Returns
   * `undefined` if the write is not stored.
   */
  async #partialFailure(error: unknown, call: Call, inputs: Inputs, incarnation: string) {
    if (!isWeirError(error) || !STORED_ALL_THE_SAME.has(error.code)) return undefined;
    // The time of the operation may be over.
    const stored = await this.#client
      .within(undefined)
      .get(call)
      .catch(() => undefined);
    if (stored?.incarnation !== incarnation) return undefined;
    const actual = outputsOf(this.#resource, this.#observed(stored, inputs), inputs, await this.#runtime());
    const properties = { ...inputs, ...actual };
    const message = shownMessage(error);
    return Object.assign(new Error(message), { id: call.id, properties, reasons: [message] });
  }

  #observed(stored: ApiObject, before: State): ApiObject {
    return (this.#resource.observed?.(stored, before) ?? stored) as ApiObject;
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

  async #runtime() {
    return { runtimeId: await this.#client.runtimeId(), runtimeEndpoint: this.#client.endpoint };
  }
}

/**
 * Errors after which the object may be stored: a data plane is late, or targets are not healthy in time.
 * IncorrectStatus.RSByPassToas also stands for a write that changed nothing. A read of the object tells the two apart.
 */
const STORED_ALL_THE_SAME: ReadonlySet<ErrorCode> = new Set([
  'Timeout',
  'IncorrectStatus.RSByPassToas',
  'Superseded',
  'Unreachable',
  'Internal',
]);

/**
 * Whether another owner may have the id. A token that does not write for that owner gets Forbidden, with the code in a
 * detail.
 */
function saysOwnedByOther(error: unknown): boolean {
  if (!isWeirError(error)) return false;
  return error.code === 'OwnedByOther' || error.details.some(({ code }) => code === 'OwnedByOther');
}

/** Whether an error is the engine's form of a failed write that is stored nevertheless. */
function isPartialFailure(error: unknown): boolean {
  return error instanceof Error && 'reasons' in error;
}

/**
 * Shows the runtime's warnings about an object to the user. `inputs` have no owner if the resource only reads the
 * object.
 */
function reportWarnings(inputs: Inputs, stored: ApiObject): void {
  const name = resourceName(inputs) || stored.id;
  for (const warning of warningsOf(stored)) report(`${name}: ${warning}`);
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
