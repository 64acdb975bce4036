// Lists of patterns of owners: with whom an object is shared, and for whom a token writes.
import { z } from 'zod';
import { OWNER_PATTERN } from '../base/owners.ts';
import { text } from './text.ts';

const MAX_PATTERNS = 64;
const FORM = 'must be a project and a stack such as "shop/dev" or "shop/*"';

export const ownerPatterns = z
  .array(text(FORM, 257, FORM).regex(OWNER_PATTERN, FORM), 'must be a list of owners such as "shop/*"')
  .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS} owners`);
