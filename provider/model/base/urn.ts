// Which stack an owner is of.

/** "urn:pulumi:STACK::PROJECT" of the URN of a resource. */
export function stackOf(owner: string | undefined): string | undefined {
  return owner?.split('::').slice(0, 2).join('::');
}
