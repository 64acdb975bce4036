// Points in time as the model writes them: RFC 3339, such as "2027-01-31T00:00:00Z".
import { z } from 'zod';
import { text } from './text.ts';

const FORM = 'must be a time such as "2027-01-31T00:00:00Z"';

export const time = text(FORM, 64, FORM)
  .regex(z.regexes.datetime({ offset: true }), FORM)
  .meta({ format: 'date-time' });

/** Whether a time has passed. `undefined` means never. */
export function hasPassed(at: string | undefined, nowMs: number): boolean {
  return at !== undefined && Date.parse(at) <= nowMs;
}
