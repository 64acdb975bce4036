// Conflicts in a merge: values of the program and of others that are valid by themselves and not beside each other.
import { isDeepStrictEqual } from 'node:util';
import { problemText } from '../model/base/errors.ts';
import type { MergePatch } from '../model/base/merge-patch.ts';
import { isKnown } from '../model/base/unknown.ts';
import { rulesProblems } from '../model/objects/validate.ts';
import { replacing } from '../properties/merge.ts';
import type { Inputs, Properties } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

/**
 * The patch, which also writes each property that the patched object could not have beside what others changed, such as
 * the path of a check that others have made a TCP check. The program's value is written as a whole. `apply` makes the
 * object of a patch.
 */
export function withoutConflicts(
  { kind, schema }: ResourceDescription,
  patch: MergePatch,
  desired: Inputs,
  actual: Properties,
  apply: (patch: MergePatch) => Properties,
): MergePatch {
  const problemsWith = (object: Properties) => rulesProblems(kind, object, isKnown);
  // Problems that are there without the patch, or without the others, are not for the merge to solve.
  const known = new Set([...problemsWith(apply({})), ...problemsWith(desired)].map(problemText));
  const conflictsOf = (change: MergePatch) =>
    problemsWith(apply(change)).filter((each) => !known.has(problemText(each)));
  const writing = (names: readonly string[]): MergePatch => {
    const written = names.map((name) => [
      name,
      desired[name] === undefined ? null : replacing(actual[name], desired[name]),
    ]);
    return { ...patch, ...Object.fromEntries(written) };
  };
  const conflicts = conflictsOf(patch);
  if (conflicts.length === 0) return patch;
  const names = [...new Set(conflicts.map(({ path }) => path.split(/[.[]/)[0] ?? ''))];
  const others = Object.keys(schema.shape).filter((name) => !isDeepStrictEqual(actual[name], desired[name]));
  // If the named properties are not enough, one more may be, such as the protocol of a listener.
  const trials = [names, ...others.map((name) => [...names, name])];
  return writing(trials.find((trial) => conflictsOf(writing(trial)).length === 0) ?? [...names, ...others]);
}
