// `create`, `read`, `update` and `delete` of every type of resource: what the state says, carried to the runtime and back.
import type { dynamic } from '@pulumi/pulumi';
import type { Call, RuntimeClient } from '../client/client.ts';
import { report } from '../messages/report.ts';
import { shownMessage } from '../messages/shown-error.ts';
import { type ApiObject, warningsOf } from '../model/api/objects.ts';
import { type ErrorCode, isWeirError, WeirError } from '../model/base/errors.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { resourceName, stackOf } from '../model/base/urn.ts';
import type { Inputs, State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { refuseAdoption } from './adoption.ts';
import { isSameObject, newIncarnation, newObjectId } from './object-id.ts';
import { bodyOf, inputsOf, outputsOf } from './outputs.ts';

/** No resource has had its name taken over so often. */
const MAX_CHOICE = 100;

export class Lifecycle {
  readonly #resource: ResourceDescription;
  readonly #client: RuntimeClient;

  constructor(resource: ResourceDescription, client: RuntimeClient) {
    this.#resource = resource;
    this.#client = client;
  }

  async create(inputs: Inputs): Promise<dynamic.CreateResult> {
    if (inputs.adopt !== undefined) return this.#adopt(String(inputs.adopt), inputs);
    return this.#createNew(inputs);
  }

  async update(id: string, olds: State, news: Inputs): Promise<dynamic.UpdateResult> {
    const incarnation = String(olds.incarnation ?? newIncarnation());
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

  /** `isReplaced`: the program has the resource, so that what took this one's place under its id stays. */
  async delete(id: string, state: State, isReplaced: boolean): Promise<void> {
    const call = this.#call(id, runtimeOf(state));
    const incarnation = state.incarnation === undefined ? undefined : String(state.incarnation);
    await this.#client.delete(call, incarnation);
    if (isReplaced || state.owner === undefined) return;
    // Its owner's newer one was made by a replacement of which the CLI, killed too early, has not heard.
    const left = await this.#client.get(call).catch(() => undefined);
    if (left?.owner !== state.owner) return;
    await this.#client.delete(call, left.incarnation).catch((error) => {
      // Or the CLI has heard of it: then it is deleted in its own turn.
      if (!isWeirError(error) || error.code !== 'InUse') throw error;
    });
  }

  /**
   * An object keeps its id when its resource is renamed by an alias, or is adopted by another stack: a new resource of the
   * old name then finds its id with another owner, and takes the next one. The order is fixed, so a repeated create finds
   * its own object.
   */
  async #createNew(inputs: Inputs, choice = 0): Promise<dynamic.CreateResult> {
    const id = newObjectId(this.#resource, inputs, choice);
    try {
      return await this.#createAt(id, inputs);
    } catch (error) {
      // A target that another stack has bound is refused by the same code.
      if (!isWeirError(error) || error.code !== 'OwnedByOther' || choice === MAX_CHOICE) throw error;
      const stored = await this.#client.get(this.#call(id, undefined));
      if (stored === undefined || stored.owner === inputs.owner) throw error;
      return this.#createNew(inputs, choice + 1);
    }
  }

  async #createAt(id: string, inputs: Inputs): Promise<dynamic.CreateResult> {
    return { id, outs: await this.#put(id, inputs, newIncarnation(), undefined) };
  }

  async #adopt(id: string, inputs: Inputs): Promise<dynamic.CreateResult> {
    const stored = await this.#client.get(this.#call(id, undefined));
    if (stored === undefined) throw this.#notThere(id, ': leave adopt out to make a new one');
    if (stored.owner === inputs.owner) {
      // Adopted before. It is created once more where the first response was lost, and to replace it: by a new incarnation
      // of itself, or, where it is to be another object, by one under an id of its own.
      return isSameObject(this.#resource, stored, inputs) ? this.#createAt(id, inputs) : this.#createNew(inputs);
    }
    refuseAdoption(this.#resource, stored, inputs);
    const adopted = this.#put(id, inputs, stored.incarnation, undefined, stored.etag);
    if (!stored.owner) return { id, outs: await adopted };
    // Who had it knows its incarnation, and would delete or take it back by that: also where it is ours, and not healthy.
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
   * Where the write is stored all the same, the engine must hear of it, or the next `up` creates what is there; it
   * then keeps the object as it really is and updates it next time.
   */
  async #partialFailure(error: unknown, call: Call, inputs: Inputs, incarnation: string) {
    if (!isWeirError(error) || !STORED_ALL_THE_SAME.has(error.code)) return undefined;
    const stored = await this.#client.get(call).catch(() => undefined);
    if (stored?.incarnation !== incarnation) return undefined;
    const actual = outputsOf(this.#resource, this.#observed(stored, inputs), inputs, await this.#runtime());
    const properties = { ...inputs, ...actual };
    const message = shownMessage(error);
    return Object.assign(new Error(message), { id: call.id, properties, reasons: [message] });
  }

  #observed(stored: ApiObject, before: State): ApiObject {
    return (this.#resource.observed?.(stored, before) ?? stored) as ApiObject;
  }

  /** For `get`, which has no state: an empty id tells a refresh that the object is gone, and there goes unnoticed. */
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

/** Failures after which the object may be there: not every plane has it, or its targets are not healthy in time. */
const STORED_ALL_THE_SAME: ReadonlySet<ErrorCode> = new Set([
  'Timeout',
  'IncorrectStatus.RSByPassToas',
  'Superseded',
  'Unreachable',
  'Internal',
]);

/** The engine's form of a failure after which the object is there. */
function isPartialFailure(error: unknown): boolean {
  return error instanceof Error && 'reasons' in error;
}

/** `inputs`: without an owner where the resource is got and not owned. */
function reportWarnings(inputs: Inputs, stored: ApiObject): void {
  const name = resourceName(inputs) || stored.id;
  for (const warning of warningsOf(stored)) report(`${name}: ${warning}`);
}

function runtimeOf({ runtimeId }: State): string | undefined {
  return typeof runtimeId === 'string' ? runtimeId : undefined;
}

/**
 * What was created anew, adopted by another resource or put in the place of this one, keeps the owner and the incarnation
 * that the state has: by the new ones the next `up` would take it back, or delete what has replaced it.
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
