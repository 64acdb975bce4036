// What the URN of a resource says: its stack, and its name.

/** "urn:pulumi:STACK::PROJECT" of the URN of a resource. */
export function stackOf(owner: string | undefined): string | undefined {
  return owner?.split('::').slice(0, 2).join('::');
}

/** The last part of the URN that the SDK passes as owner. */
export function resourceName({ owner }: { readonly owner?: unknown }): string {
  return String(owner ?? '')
    .split('::')
    .slice(3)
    .join('::');
}

/** As a message shows a reference: of a URN the name. */
export function shownReference(reference: string): string {
  return reference.startsWith('urn:') ? resourceName({ owner: reference }) : reference;
}
