// Values of properties as messages show them: short, in one line, and without what may be a secret.
import { inOneLine } from '../model/base/one-line.ts';
import { isRecord } from '../model/base/record.ts';

const MAX_SHOWN_LENGTH = 60;

/** A value as JSON, shortened. A whole object is not shown, because it may contain secrets. */
export function shownValue(value: unknown): string {
  if (isRecord(value)) return 'given';
  const text = inOneLine(JSON.stringify(value));
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
