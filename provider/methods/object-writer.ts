// Writes of one resource type: whole objects, updates by merge patches, and writes that fail and are stored all the same.
import { setTimeout as delay } from 'node:timers/promises';
import type { Call, RuntimeClient, TaggedObject } from '../client/client.ts';
import type { Condition } from '../client/session.ts';
import type { OutsideChange } from '../messages/outside-lines.ts';
import { progressLines } from '../messages/progress.ts';
import { report } from '../messages/report.ts';
import { shownMessage } from '../messages/shown-error.ts';
import type { ApiObject } from '../model/api/objects.ts';
import { type ErrorCode, hasCode, isWeirError, WeirError } from '../model/base/errors.ts';
import { KIND_NAMES } from '../model/base/kinds.ts';
import { resourceName } from '../model/base/urn.ts';
import { programOf } from '../program/program.ts';
import { compact, type Inputs, type Properties, type State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { withRefreshAdvice } from './lost-references.ts';
import { bodyOf, inputsOf, keptOptions, observedOf, outputsOf } from './outputs.ts';
import { leftIn, type Merge, mergeOf, wholeOf } from './outside.ts';
import { reportOutside, reportWarnings } from './reports.ts';

/** Pauses before an update reads the object, after others changed it between the last read and the patch. */
const READ_AFTER_MS = [0, 50, 200, 1_000];

interface Write {
  readonly incarnation: string;
  /** The id of the runtime that the state names. `undefined` if there is no state yet. */
  readonly expectedRuntime?: string | undefined;
  readonly condition?: Condition | undefined;
}

type Outputs = Record<string, unknown>;

/** The properties for the state, from the object after a write. `isWhole` is false if the write failed. */
type PropertiesOf = (stored: ApiObject, isWhole: boolean) => Properties;

export class ObjectWriter {
  readonly #resource: ResourceDescription;
  readonly #client: RuntimeClient;

  constructor(resource: ResourceDescription, client: RuntimeClient) {
    this.#resource = resource;
    this.#client = client;
  }

  /** Writes the whole object. Returns the outputs of the resource. */
  async put(id: string, inputs: Inputs, write: Write): Promise<Outputs> {
    const call = this.#call(id, inputs, write);
    const body = { ...bodyOf(this.#resource, inputs), incarnation: write.incarnation };
    const propertiesOf = (stored: ApiObject) => {
      return inputsOf(this.#resource, observedOf(this.#resource, stored, inputs), inputs);
    };
    return await this.#settle(call, inputs, write, propertiesOf, () => {
      return this.#client.put(call, body, this.#waitMs(inputs), write.condition);
    });
  }

  /**
   * Writes what the program changed since the state, and nothing else, and reports what others changed meanwhile. If
   * others change the object between its read and the write, both are repeated.
   */
  async update(id: string, olds: State, news: Inputs, write: Write): Promise<Outputs> {
    const call = this.#call(id, news, write);
    for (const pauseMs of READ_AFTER_MS) {
      await delay(pauseMs);
      const stored = await this.#readable(call);
      if (stored === undefined) {
        report(`${resourceName(news)}: the ${this.#nameOf(id)} was deleted outside, and is created again`);
        return await this.put(id, news, write);
      }
      try {
        if (stored === 'unreadable') return await this.#updateUnseen(call, olds, news, write);
        return await this.#updateSeen(call, olds, news, write, stored);
      } catch (error) {
        if (!hasCode(error, 'PreconditionFailed')) throw error;
      }
    }
    throw new WeirError(
      'PreconditionFailed',
      `The ${this.#nameOf(id)} was changed by others ${READ_AFTER_MS.length} times while this update was about to write it. Nothing was written: run \`pulumi up\` again.`,
    );
  }

  async #updateSeen(call: Call, olds: State, news: Inputs, write: Write, stored: TaggedObject): Promise<Outputs> {
    const merge = mergeOf(this.#resource, olds, news, stored, secretNames(news));
    const condition = ifUnchanged(stored);
    const outputs = this.#settle(call, news, write, this.#mergedProperties(news, merge), () => {
      // A runtime of an earlier release has no patches, and its responses do not have this member.
      if (stored.stack === undefined) {
        const body = wholeOf(this.#resource, olds, news, stored, merge.patch);
        return this.#client.put(call, { ...body, ...identityOf(news, write) }, this.#waitMs(news), condition);
      }
      return this.#client.patch(call, { ...merge.patch, ...identityOf(news, write) }, this.#waitMs(news), condition);
    });
    const error = await outputs.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!hasCode(error, 'PreconditionFailed')) this.#tellOutside(olds, news, stored, merge, error);
    return await outputs;
  }

  /** Tells what others changed, as far as it is true: a write that failed has overwritten nothing. */
  #tellOutside(olds: State, news: Inputs, stored: TaggedObject, { found }: Merge, error: unknown): void {
    const isWritten = error === undefined || isPartialFailure(error);
    const isOwn = stored.owner === olds.owner || stored.owner === news.owner;
    const isTrue = ({ fate }: OutsideChange) => isWritten || (isOwn && fate === 'kept');
    reportOutside(news, found.filter(isTrue));
    if (stored.owner === undefined && hasCode(error, 'OwnedByOther')) {
      const advice = 'pulumi up --refresh takes it over, unless you delete it there';
      report(
        `${resourceName(news)}: the ${this.#nameOf(stored.id)} was made again outside, without an owner: ${advice}`,
      );
    }
    const isOther = olds.incarnation !== undefined && stored.incarnation !== olds.incarnation;
    if (!isOther || stored.owner !== news.owner) return;
    const why = 'another state has the same project and stack names, or an up was interrupted';
    report(`${resourceName(news)}: the ${this.#nameOf(stored.id)} is another one than the one of this state: ${why}`);
  }

  /** Updates an object that the token permits to write and not to read. Only the response shows what others changed. */
  async #updateUnseen(call: Call, olds: State, news: Inputs, write: Write): Promise<Outputs> {
    const merge = mergeOf(this.#resource, olds, news, undefined);
    try {
      return await this.#settle(call, news, write, this.#mergedProperties(news, merge), async () => {
        const patch = { ...merge.patch, ...identityOf(news, write) };
        const written = await this.#client.patch(call, patch, this.#waitMs(news));
        reportOutside(news, leftIn(this.#resource, olds, news, written, secretNames(news)));
        return written;
      });
    } catch (error) {
      // The object is not there, or the runtime is of an earlier release, which has no patches.
      if (!isWeirError(error) || !WITHOUT_PATCH.has(error.code)) throw error;
      return await this.put(call.id, news, write);
    }
  }

  /** The program's values, so that the next diff does not undo what others changed. */
  #mergedProperties(news: Inputs, merge: Merge): PropertiesOf {
    return (stored, isWhole) => {
      if (isWhole) return { ...bodyOf(this.#resource, news), ...keptOptions(news) };
      return { ...merge.propertiesAfter(stored), ...compact([['owner', stored.owner]]) };
    };
  }

  /** Makes a write. If it fails, the error has what the engine has to know of an object that is stored all the same. */
  async #settle(
    call: Call,
    inputs: Inputs,
    write: Write,
    propertiesOf: PropertiesOf,
    send: () => Promise<ApiObject>,
  ): Promise<Outputs> {
    try {
      const stored = await send();
      reportWarnings(inputs, stored);
      return await this.#outputsOf(stored, inputs, propertiesOf(stored, true));
    } catch (error) {
      const partial = await this.#partialFailure(error, call, inputs, write, propertiesOf);
      throw partial ?? withRefreshAdvice(error, this.#resource.kind, inputs);
    }
  }

  /**
   * The engine's form of a failed write that is stored nevertheless. Without it, the next `pulumi up` would create the
   * existing object. With it, the engine keeps the object as it is, and the next `pulumi up` updates it. Returns
   * `undefined` if the write is not stored.
   */
  async #partialFailure(
    error: unknown,
    call: Call,
    inputs: Inputs,
    { incarnation }: Write,
    propertiesOf: PropertiesOf,
  ): Promise<Error | undefined> {
    if (!isWeirError(error) || !STORED_ALL_THE_SAME.has(error.code)) return undefined;
    // The time of the operation may be over.
    const stored = await this.#client
      .within(undefined)
      .get(call)
      .catch(() => undefined);
    if (stored?.incarnation !== incarnation) return undefined;
    const properties = { ...inputs, ...(await this.#outputsOf(stored, inputs, propertiesOf(stored, false))) };
    const message = shownMessage(error);
    return Object.assign(new Error(message), { id: call.id, properties, reasons: [message] });
  }

  async #outputsOf(stored: ApiObject, inputs: Inputs, properties: Properties): Promise<Outputs> {
    return await outputsOf(this.#resource, observedOf(this.#resource, stored, inputs), properties, this.#client);
  }

  async #readable(call: Call): Promise<TaggedObject | 'unreadable' | undefined> {
    try {
      return await this.#client.get(call);
    } catch (error) {
      if (hasCode(error, 'Forbidden')) return 'unreadable';
      throw error;
    }
  }

  #waitMs(inputs: Inputs): number | undefined {
    return this.#resource.waitMs?.(inputs);
  }

  #nameOf(id: string): string {
    return `${KIND_NAMES[this.#resource.kind]} ${id}`;
  }

  #call(id: string, inputs: Inputs, { expectedRuntime }: Write): Call {
    const onProgress = progressLines(resourceName(inputs) || id);
    return { kind: this.#resource.kind, id, expectedRuntime, onProgress };
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

const WITHOUT_PATCH: ReadonlySet<ErrorCode> = new Set(['NotFound', 'UnknownRoute', 'MethodNotAllowed']);

/** Whether an error is the engine's form of a failed write that is stored nevertheless. */
export function isPartialFailure(error: unknown): boolean {
  return error instanceof Error && 'reasons' in error;
}

/** The condition that the object is as it was read. Returns `undefined` if the runtime gave no ETag. */
export function ifUnchanged({ etag }: TaggedObject): Condition | undefined {
  return etag === undefined ? undefined : { 'If-Match': etag };
}

/** The properties of a resource whose values the program has made secret. */
export function secretNames({ owner }: Inputs): readonly string[] {
  return programOf(String(owner)).secretsOf(String(owner));
}

function identityOf({ owner }: Inputs, { incarnation }: Write) {
  return { ...compact([['owner', owner]]), incarnation };
}
