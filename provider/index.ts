// The providers' methods for the shim in the state: `methods(type, config)` must keep working for every old shim.
import { flushCompileCache } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import type { dynamic } from '@pulumi/pulumi';
import { clientOf } from './client/connect.ts';
import type { Config } from './client/settings.ts';
import { report, reportOnce } from './messages/report.ts';
import { asShown } from './messages/shown-error.ts';
import { check } from './methods/check.ts';
import { DeletedObjects } from './methods/deleted-objects.ts';
import { diff, forEngine } from './methods/diff.ts';
import { Lifecycle } from './methods/lifecycle.ts';
import { problemsText, WeirError } from './model/base/errors.ts';
import { propertyPath } from './model/base/property-path.ts';
import { resourceName } from './model/base/urn.ts';
import { programOf } from './program/program.ts';
import { pathsOf, withValuesOf } from './properties/absent.ts';
import type { State } from './properties/properties.ts';
import { resourceOfClass } from './resources/registry.ts';

// Writes Node's compile cache, which the shim has turned on. Node itself would not write it, because the engine ends
// the plug-in by a signal.
flushCompileCache();

/** A provider's process lives for one preview or one update, and deletes objects of all types. */
const deletedObjects = new DeletedObjects();

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
    check: (olds, news) =>
      shownAsync(`check of ${resourceName(news)}`, () => {
        for (const warning of resource.warnings?.(news, Date.now()) ?? [])
          reportOnce(`${resourceName(news)}: ${warning}`);
        return check(resource, olds, news);
      }),
    diff: (id, olds, news) =>
      shownAsync(`diff of ${id}`, () => {
        const owner = String(news.owner);
        const program = programOf(owner);
        const unknown = program.unknownOf(owner);
        const wanted = withValuesOf(olds, news, unknown);
        const difference = diff(resource, olds, wanted, client.acceptRuntime, program.secretsOf(owner));
        program.compared(owner, id, olds);
        const read = justRead.get(id);
        justRead.delete(id);
        if (read === undefined && difference.line !== undefined) report(difference.line);
        // The engine itself would compare the program without the values that it does not know.
        if (read === undefined && unknown === undefined) {
          return forEngine(difference, news, program.before(resource.kind, owner));
        }
        const { changes, replaces = [] } = difference;
        return { changes: changes || read?.isOutputOther === true, replaces, deleteBeforeReplace: false };
      }),
    create: (inputs) =>
      shownAsync(`create of ${resourceName(inputs)}`, async () => {
        const owner = String(inputs.owner);
        const program = programOf(owner);
        refuseUnknown(program.unknownOf(owner));
        const created = await lifecycle.within(inputs, 'create').create(inputs, program.replacedBy(owner));
        program.identify(owner, created.id);
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
        const owner = String(news.owner);
        refuseUnknown(programOf(owner).unknownOf(owner));
        return lifecycle.within(news, 'update').update(id, olds, news);
      }),
    delete: (id, state: State) =>
      shownAsync(`delete of ${id}`, () =>
        deletedObjects.run(resource.kind, id, state, () =>
          lifecycle.within(state, 'delete').delete(id, state, programOf(String(state.owner))),
        ),
      ),
  };
}

/**
 * Throws if an update does not know an input, with the places of these inputs. The engine skips a resource whose input
 * comes from one that failed or was left out, if the program has not hidden that the one depends on the other.
 */
function refuseUnknown(places: unknown): void {
  const problems = pathsOf(places).map((path) => ({
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
