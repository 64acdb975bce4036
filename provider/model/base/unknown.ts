// What a value is in preview before it exists: the engine sends one string in its place, whatever its type and depth.

/** `runtime.unknownValue` of @pulumi/pulumi, which is not imported because loading it would cost every plug-in start. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Whether a value is known: rules are given it, since a plan also counts secrets among what is not. */
export type IsKnown = (value: unknown) => boolean;

export function isKnown(value: unknown): boolean {
  return value !== UNKNOWN;
}
