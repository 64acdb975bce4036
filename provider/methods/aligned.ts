// Entries of a map under other names: a target that the program renames, and one that others bound under their own name.
import { type MergePatch, patched } from '../model/base/merge-patch.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import type { Inputs, Properties, State } from '../properties/properties.ts';
import type { Elements } from '../resources/description.ts';

export interface Aligned {
  /** The state and the runtime's object, with each renamed entry under its new name. */
  readonly base: State;
  readonly actual: Properties;
  /** Names of entries that others added, which make room for entries of the program. */
  readonly displaced: readonly string[];
  /** The patch for the runtime's object, in which each renamed entry still has its old name. */
  readonly align: (patch: MergePatch) => MergePatch;
}

/**
 * Gives entries that are the same in the runtime the names that the program gives them. A renamed target thus keeps what
 * others have changed of it. An entry that others added, and that the program now adds too, makes room for it. `stored`
 * is the whole object of the runtime, if `actual` leaves out some changes, such as those of weights that the API manages.
 */
export function aligned(
  elements: Elements | undefined,
  state: State,
  news: Inputs,
  actual: Properties,
  stored: Properties = actual,
): Aligned {
  const unchanged: Aligned = { base: state, actual, displaced: [], align: (patch) => patch };
  if (elements === undefined) return unchanged;
  const { map, keysOf } = elements;
  const names = (side: Properties) => new Set(Object.keys(entriesOf(side, map)));
  const [olds, wanted, there] = [names(state), names(news), names(actual)];
  const added = [...wanted].filter((name) => !olds.has(name) && !there.has(name));
  if (added.length === 0) return unchanged;
  const nameOf = new Map(added.flatMap((name) => keysOf(news, name).map((key) => [key, name] as const)));
  const newName = (side: Properties, name: string) => {
    return keysOf(side, name).flatMap((key) => nameOf.get(key) ?? [])[0];
  };
  const gone = [...olds].filter((name) => !wanted.has(name));
  const renamed = new Map(gone.flatMap((name) => pairOf(name, newName(state, name))));
  const others = [...there].filter((name) => !olds.has(name) && !wanted.has(name));
  const displaced = others.filter((name) => newName(actual, name) !== undefined);
  return {
    base: withNames(state, map, renamed),
    actual: withNames(actual, map, renamed),
    displaced,
    align: (patch) => {
      const changes = new Map(Object.entries(entriesOf(patch, map)));
      for (const [from, to] of renamed) {
        changes.set(from, null);
        // The runtime does not have the new name yet, so it needs the whole entry.
        const entry = valueIn(entriesOf(stored, map), from);
        if (entry !== undefined) changes.set(to, isRecord(entry) ? patched(entry, changes.get(to) ?? {}) : entry);
      }
      for (const name of displaced) changes.set(name, null);
      return changes.size === 0 ? patch : { ...patch, [map]: Object.fromEntries(changes) };
    },
  };
}

function pairOf(from: string, to: string | undefined): (readonly [string, string])[] {
  return to === undefined ? [] : [[from, to]];
}

function entriesOf(properties: Properties, map: string): Properties {
  const entries = properties[map];
  return isRecord(entries) ? entries : {};
}

function withNames(side: Properties, map: string, renamed: ReadonlyMap<string, string>): Properties {
  const entries = side[map];
  if (!isRecord(entries) || renamed.size === 0) return side;
  const named = Object.entries(entries).map(([name, entry]) => [renamed.get(name) ?? name, entry]);
  return { ...side, [map]: Object.fromEntries(named) };
}
