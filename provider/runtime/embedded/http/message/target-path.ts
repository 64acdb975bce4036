// The removal of dot segments from a request target, so that rules and backends see the same path (RFC 3986 5.2.4).

/**
 * Removes dot segments from the path of a target in origin-form. `%2e` counts as a dot. Every other escape stays as it
 * was sent, in particular `%2F`, which is no separator. The query stays unchanged.
 */
export function removeDotSegments(target: string): string {
  // Few paths contain a dot segment or an escaped dot, and two native searches cost less than a walk over the segments.
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
    // A dot segment at the end names a folder, so its slash stays.
    else if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}${queryAt === -1 ? '' : target.slice(queryAt)}`;
}

/** Returns 1 for the path segment ".", 2 for "..", and 0 for any other. */
function dotCount(segment: string): number {
  const plain = segment.replace(/%2e/gi, '.');
  return plain === '.' ? 1 : plain === '..' ? 2 : 0;
}
