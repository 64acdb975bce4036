// The warnings of a plan about certificates that have expired, expire soon or are not valid yet.
import { inOneLine } from '../../model/base/one-line.ts';
import { isRecord } from '../../model/base/record.ts';
import { certificateFaults, faultIn } from '../../model/objects/certificate-faults.ts';
import { code } from './markdown.ts';
import type { Objects, PlanObject } from './plan-object.ts';
import { isReadable, SECRET } from './preview.ts';
import { titleOf } from './titles.ts';

interface CertificateWarning {
  readonly rule: 'invalid-certificate' | 'expiring-certificate';
  readonly text: string;
}

/**
 * Warnings for the listeners that the stack has after `pulumi up`, whether or not they change. `notes`: the lines of the
 * preview, which tell of certificates that the preview itself hides.
 */
export function certificateWarnings(after: Objects, notes: readonly string[], nowMs: number): CertificateWarning[] {
  return [...after.values()].flatMap((object) => {
    if (object.kind !== 'listeners' || object.foreignOwner !== undefined) return [];
    const { certificates } = object.properties;
    const faults = hasHidden(certificates)
      ? faultsInNotes(object, notes)
      : certificateFaults(certificates, nowMs, isReadable);
    return faults.map(({ isRejected, text }): CertificateWarning => {
      const rule = isRejected ? 'invalid-certificate' : 'expiring-certificate';
      return { rule, text: `${titleOf(object)}: ${code(text)}.` };
    });
  });
}

function hasHidden(certificates: unknown): boolean {
  if (!isRecord(certificates)) return certificates === SECRET;
  return Object.values(certificates).some(
    (entry) => entry === SECRET || (isRecord(entry) && entry.certificate === SECRET),
  );
}

function faultsInNotes({ name }: PlanObject, notes: readonly string[]) {
  const start = inOneLine(`${name}: `);
  return notes.flatMap((note) => (note.startsWith(start) ? (faultIn(note.slice(start.length)) ?? []) : []));
}
