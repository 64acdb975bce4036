// The providers' methods for the shim in the state: `methods(type, config)` must keep working for every old shim.
import { flushCompileCache } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import type { dynamic } from '@pulumi/pulumi';
import { clientOf } from './client/connect.ts';
import type { Config } from './client/settings.ts';
import { report } from './messages/report.ts';
import { asShown } from './messages/shown-error.ts';
import { check } from './methods/check.ts';
import { diff, forEngine } from './methods/diff.ts';
import { Lifecycle } from './methods/lifecycle.ts';
import { problemsText, WeirError } from './model/base/errors.ts';
import { propertyPath } from './model/base/property-path.ts';
import { resourceName } from './model/base/urn.ts';
import { programOf } from './program/program.ts';
import { pathsOf, withValuesOf } from './properties/absent.ts';
import type { Inputs, State } from './properties/properties.ts';
import { resourceOfClass } from './resources/registry.ts';

// Writes Node's compile cache, which the shim has turned on. Node itself would not write it, because the engine ends
// the plug-in by a signal.
flushCompileCache();

export type Methods = Required<Omit<dynamic.ResourceProvider, 'configure'>>;

/** The methods of the provider for a resource type. Throws if the configuration cannot be used. */
export function methods(type: string, config: Config): Methods {
  const resource = resourceOfClass(type);
  if (resource === undefined) {
    throw new Error(
      `pulumi-weir has no resource type ${type}: the state was written by a newer version, so install that one`,
    );
  }
  const client = shown('configure', () => clientOf(config));
  const lifecycle = new Lifecycle(resource, client);
  // The objects that were read and not compared yet. After a read, the engine calls `diff` to compare the object with
  // the program's inputs: no line may report that difference, because it would say the opposite of the drift. Drift of
  // an output alone, such as a target that became ineligible, is shown only if `diff` reports a change.
  const justRead = new Map<string, { isOutputOther: boolean }>();
  return {
    check: (olds, news) => shownAsync(`check of ${resourceName(news)}`, () => check(resource, olds, news)),
    diff: (id, olds, news) =>
      shownAsync(`diff of ${id}`, () => {
        const owner = String(news.owner);
        const program = programOf(owner);
        const unknown = program.unknownOf(owner);
        const wanted = withValuesOf(olds, news, unknown);
        const difference = diff(resource, olds, wanted, client.acceptRuntime, program.secretsOf(owner));
        identify(news, id);
        const read = justRead.get(id);
        justRead.delete(id);
        if (read === undefined && difference.line !== undefined) report(difference.line);
        // The engine itself would compare the program without the values that it does not know.
        if (read === undefined && unknown === undefined) return forEngine(difference, news, program.oldInputsOf(owner));
        const { changes, replaces = [] } = difference;
        return { changes: changes || read?.isOutputOther === true, replaces, deleteBeforeReplace: false };
      }),
    create: (inputs) =>
      shownAsync(`create of ${resourceName(inputs)}`, async () => {
        refuseUnknown(inputs);
        const created = await lifecycle.within(inputs, 'create').create(inputs);
        identify(inputs, created.id);
        return created;
      }),
    read: (id, state: State = {}) =>
      shownAsync(`read of ${id}`, async () => {
        const result = await lifecycle.within(state, 'read').read(id, state);
        const isOutputOther = resource.outputs.some((key) => !isDeepStrictEqual(result.props?.[key], state[key]));
        if (result.id !== '') justRead.set(id, { isOutputOther });
        return result;
      }),
    update: (id, olds, news) =>
      shownAsync(`update of ${id}`, () => {
        refuseUnknown(news);
        return lifecycle.within(news, 'update').update(id, olds, news);
      }),
    delete: (id, state: State) =>
      shownAsync(`delete of ${id}`, () => {
        return lifecycle.within(state, 'delete').delete(id, state, programOf(String(state.owner)));
      }),
  };
}

/** Records the resource's id, by which other resources of the program may refer to it from now on. */
function identify({ owner }: Inputs, id: string): void {
  if (typeof owner === 'string') programOf(owner).identify(owner, id);
}

/**
 * Throws if an update does not know an input. The engine skips a resource whose input comes from one that failed or was
 * left out, if the program has not hidden that the one depends on the other.
 */
function refuseUnknown({ owner }: Inputs): void {
  const problems = pathsOf(programOf(String(owner)).unknownOf(String(owner))).map((path) => ({
    path: propertyPath(path),
    message: 'is not known: the resource that it comes from failed, or is left out of this update',
  }));
  if (problems.length > 0) throw new WeirError('InvalidParameter', problemsText(problems), problems);
}

function shown<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asShown(error, what);
  }
}

async function shownAsync<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asShown(error, what);
  }
}
