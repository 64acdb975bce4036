// The arguments that are outputs without a known value: the engine leaves them out, so `check` is told of them.
import * as pulumi from '@pulumi/pulumi';
import { isPlain, outputsIn } from './nested-outputs.ts';

/** The places of values in arguments: a leaf is `true`. A list with such a value is a leaf as a whole. */
type Places = true | { readonly [name: string]: Places };

type Given = 'unknown' | 'valueless' | 'known';

export interface Absent {
  /**
   * The places of unknown outputs. A preview passes unknown values on, and has none here. In an update, an output is
   * unknown if its resource failed or is no target of the update.
   */
  readonly unknown?: Places;
  /** The places of outputs whose value is undefined. */
  readonly valueless?: Places;
}

/**
 * The places of the arguments' outputs that have no known value. Returns `undefined` if there are none. Never rejects:
 * if an output does, Pulumi reports it for the argument itself.
 */
export async function absentArguments(args: object): Promise<Absent | undefined> {
  const outputs = new Map<unknown, Given>();
  await Promise.all(outputsIn(args).map(async (output) => outputs.set(output, await givenBy(output))));
  const places = (meant: Given) => placesIn(args, (value) => outputs.get(value) === meant);
  const [unknown, valueless] = [places('unknown'), places('valueless')];
  if (unknown === undefined && valueless === undefined) return undefined;
  return { ...(unknown !== undefined && { unknown }), ...(valueless !== undefined && { valueless }) };
}

async function givenBy(output: unknown): Promise<Given> {
  try {
    const sent = pulumi.runtime.unwrapRpcSecret(await pulumi.runtime.serializeProperty('', output));
    if (sent === undefined || sent === null) return 'valueless';
    return hasUnknown(sent) && !pulumi.runtime.isDryRun() ? 'unknown' : 'known';
  } catch {
    return 'known';
  }
}

function hasUnknown(value: unknown): boolean {
  if (value === pulumi.runtime.unknownValue) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnknown);
}

function placesIn(value: unknown, isMeant: (value: unknown) => boolean): Places | undefined {
  if (isMeant(value)) return true;
  if (Array.isArray(value)) return value.some((item) => placesIn(item, isMeant) !== undefined) || undefined;
  if (!isPlain(value)) return undefined;
  const found = Object.entries(value).flatMap(([name, item]): [string, Places][] => {
    const places = placesIn(item, isMeant);
    return places === undefined ? [] : [[name, places]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
