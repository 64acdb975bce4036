// The path of a forwarding rule: the one that it matches, and the one that its targets get instead.
import { isPattern, pathAdvice, patternAdvice } from './path-advice.ts';
import { text } from './text.ts';

/** Dot segments (RFC 3986 section 3.3), escaped or not. */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i;

/** A path of RFC 3986 section 3.3. A query or fragment is not matched. */
export const rulePath = text('must be a path', 1024)
  .refine((value) => !isPattern(value), { error: ({ input }) => patternAdvice(String(input)) })
  .regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/, {
    error: ({ input }) => `must begin with "/" and have no spaces, no "?" and no "#"${pathAdvice(String(input))}`,
  })
  .refine(
    (value) => !DOT_SEGMENT.test(value),
    'must not have dot segments: paths of requests have none when they are matched',
  );
