// Unknown values: in a preview, the engine sends one string in place of every value that does not exist yet.

/** `runtime.unknownValue` of @pulumi/pulumi, which is not imported because loading it would cost every plug-in start. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Whether a value is known. Rules take this function as a parameter, because a plan also counts secrets as unknown. */
export type IsKnown = (value: unknown) => boolean;

export function isKnown(value: unknown): boolean {
  return value !== UNKNOWN;
}
