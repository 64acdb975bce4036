// Strings of a bounded length.
import { z } from 'zod';

/**
 * A string of at most `max` characters. Its length is checked first: no pattern and no other check looks at a longer
 * string, because a body has room for one of 4 million characters.
 */
export function text(message: string, max: number, tooLong = `must have at most ${max} characters`): z.ZodString {
  return z.string(message).max(max, { error: tooLong, abort: true });
}
