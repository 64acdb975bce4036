// Faults of the certificates of a listener that follow from the time: expired, soon to expire, and not valid yet.
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import type { IsKnown } from '../base/unknown.ts';
import { type ValidityFault, validityFaults } from '../base/validity.ts';

/** Limit for the faults that are told one by one. Further faults are counted. */
const MAX_FAULTS = 10;

/**
 * The faults of all certificates that are known, those that clients reject first. Each text begins with the property of
 * its certificate. `certificates` may be malformed, which is told as an error elsewhere.
 */
export function certificateFaults(
  certificates: unknown,
  nowMs: number,
  isKnown: IsKnown = () => true,
): readonly ValidityFault[] {
  if (!isRecord(certificates)) return [];
  const faults = Object.entries(certificates).flatMap(([name, entry]) => {
    if (!isRecord(entry) || typeof entry.certificate !== 'string' || !isKnown(entry.certificate)) return [];
    const place = propertyPath(['certificates', name]);
    return validityFaults(entry as { certificate: string }, nowMs).map(({ isRejected, text }) => {
      return { isRejected, text: `${place} ${text}` };
    });
  });
  return [...faults.filter(({ isRejected }) => isRejected), ...faults.filter(({ isRejected }) => !isRejected)];
}

/** The texts of faults, of which those after the first ones are only counted. */
export function faultTexts(faults: readonly ValidityFault[]): string[] {
  const left = faults.length - MAX_FAULTS;
  const texts = faults.slice(0, MAX_FAULTS).map(({ text }) => text);
  return left <= 0 ? texts : [...texts, `${left} more certificates have expired, expire soon or are not valid yet`];
}

/** The inverse of `faultTexts` for one text. Returns `undefined` for another text. */
export function faultIn(text: string): ValidityFault | undefined {
  // The last match counts, because a subject may have the words too.
  const phrase = /^certificates\W.* (was valid to|is valid from|is valid to) \d{4}-/.exec(text)?.[1];
  return phrase === undefined ? undefined : { isRejected: phrase !== 'is valid to', text };
}
