// The targets of an attachment as a program has them, any of it unknown or malformed.
import { isRecord } from '../model/base/record.ts';
import type { Properties } from '../properties/properties.ts';

/** By name, with its port each, where it has none of its own the default one. */
export function targetsOf({ targets, defaultPort }: Properties): [name: string, target: Properties][] {
  return Object.entries(isRecord(targets) ? targets : {}).flatMap(([name, target]) =>
    isRecord(target) ? [[name, { ...target, port: target.port ?? defaultPort }]] : [],
  );
}
