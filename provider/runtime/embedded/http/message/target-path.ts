// Removes dot segments from a request target, so that rules and backends see one spelling of a path (RFC 3986 5.2.4).

/**
 * `target` is in origin-form. `%2e` counts as a dot; every other escape stays as it is, `%2F` above all: it is not a
 * separator. The query is not touched.
 */
export function removeDotSegments(target: string): string {
  // Few targets have either, and two searches in native code cost less than a walk.
  if (!target.includes('/.') && !target.includes('%2')) return target;
  const queryAt = target.indexOf('?');
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  const kept: string[] = [];
  const segments = path.split('/');
  for (let index = 1; index < segments.length; index++) {
    const segment = segments[index] as string;
    const dots = segment.length > 6 ? 0 : dotCount(segment);
    if (dots === 2) kept.pop();
    if (dots === 0) kept.push(segment);
    // A dot segment at the end names the folder: its slash stays.
    else if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}${queryAt === -1 ? '' : target.slice(queryAt)}`;
}

/** 1 for ".", 2 for "..", 0 for anything else. */
function dotCount(segment: string): number {
  const plain = segment.replace(/%2e/gi, '.');
  return plain === '.' ? 1 : plain === '..' ? 2 : 0;
}
