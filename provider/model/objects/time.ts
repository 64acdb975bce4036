// Points in time as the model writes them: RFC 3339, such as "2027-01-31T00:00:00Z".
import { z } from 'zod';

export const time = z.iso.datetime({ offset: true, error: 'must be a time such as "2027-01-31T00:00:00Z"' });

/** Whether a time has passed. `undefined` means never. */
export function hasPassed(at: string | undefined, nowMs: number): boolean {
  return at !== undefined && Date.parse(at) <= nowMs;
}
