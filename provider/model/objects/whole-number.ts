// Whole numbers between two bounds.
import { z } from 'zod';

export function wholeNumber(min: number, max: number): z.ZodNumber {
  const bounds = `must be from ${min} to ${max}`;
  const form = `must be a whole number from ${min} to ${max}`;
  return z.number(form).int(form).min(min, bounds).max(max, bounds);
}
