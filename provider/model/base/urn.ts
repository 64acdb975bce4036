// The stack and the resource name in the URN of a resource.

/** The stack's part of a resource's URN: "urn:pulumi:STACK::PROJECT". */
export function stackOf(owner: string | undefined): string | undefined {
  return owner?.split('::').slice(0, 2).join('::');
}

/** The resource's name, which is the last part of the URN that the SDK passes as owner. */
export function resourceName({ owner }: { readonly owner?: unknown }): string {
  return String(owner ?? '')
    .split('::')
    .slice(3)
    .join('::');
}

/** A reference as messages show it: the resource's name in place of a URN, else the id. */
export function shownReference(reference: string): string {
  return reference.startsWith('urn:') ? resourceName({ owner: reference }) : reference;
}
