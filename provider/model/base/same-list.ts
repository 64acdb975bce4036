// Comparison of two lists: they are the same if they contain the very same items in the same order.

export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
