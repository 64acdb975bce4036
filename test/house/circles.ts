// Circles in a directed graph.

/** Returns the sets of nodes that lead to each other (Tarjan). A node that is in no circle is in no set. */
export function circlesOf(edges: Iterable<readonly [from: string, to: string]>): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const [from, to] of edges) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  const indexes = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  for (const node of targets.keys()) if (!indexes.has(node)) visit(node);
  return circles;

  function visit(node: string): void {
    const index = indexes.size;
    indexes.set(node, index);
    let low = index;
    open.push(node);
    for (const target of targets.get(node) ?? []) {
      if (!indexes.has(target)) visit(target);
      if (open.includes(target)) low = Math.min(low, lowest.get(target) ?? indexes.get(target) ?? low);
    }
    lowest.set(node, low);
    if (low !== index) return;
    const circle = open.splice(open.indexOf(node));
    if (circle.length > 1 || targets.get(node)?.has(node)) circles.push(circle.sort());
  }
}
