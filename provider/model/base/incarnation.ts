// The incarnation of an object, a random text by which a delete tells an object from a later one under the same id.

/** The beginning of the incarnation of an object that no delete of another object takes along. */
const RETAINED = 'retained-';

/** The incarnation with this random part. `isRetained`: whether the object stays when an object above it is deleted. */
export function incarnationOf(random: string, isRetained: boolean): string {
  return isRetained ? RETAINED + random : random;
}

export function isRetained({ incarnation }: { readonly incarnation?: unknown }): boolean {
  return typeof incarnation === 'string' && incarnation.startsWith(RETAINED);
}
