// The time in which a chain of certificates is valid, and the faults that follow from it. The clock comes in as a value.
import type { X509Certificate } from 'node:crypto';
import { counted } from './counted.ts';
import { inOneLine } from './one-line.ts';
import { readChain } from './x509.ts';

/** Time before the end of a certificate from which on it is told. */
export const EXPIRES_SOON_DAYS = 30;
/** The clock of this machine may be behind that of the authority by so much. */
const CLOCK_TOLERANCE_MS = 60_000;
const MAX_SUBJECT = 60;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A fault of a certificate that is served nevertheless. */
export interface ValidityFault {
  /** Whether clients reject the certificate now. Otherwise it is about to expire. */
  readonly isRejected: boolean;
  /** The fault as the predicate of a sentence about the certificate. */
  readonly text: string;
}

interface Link {
  readonly subject: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A certificate as PEM, beside other properties of its entry. */
interface Entry {
  readonly certificate: string;
}

/** The chains of the entries that are in service, because a status asks for all of them again and again. */
const known = new WeakMap<Entry, readonly Link[]>();

/**
 * The faults of a certificate and of those that lead to its authority. Returns none if the certificate cannot be read,
 * which is told as an error elsewhere.
 */
export function validityFaults(entry: Entry, nowMs: number): ValidityFault[] {
  return linksOf(entry).flatMap((link, index) => faultOf(link, nowMs, index > 0) ?? []);
}

/**
 * When the first certificate of a chain expires, in milliseconds since 1970. Returns `undefined` if the chain cannot be
 * read.
 */
export function notAfterMs(entry: Entry): number | undefined {
  const ends = linksOf(entry).map(({ toMs }) => toMs);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function faultOf({ subject, fromMs, toMs }: Link, nowMs: number, isOfChain: boolean): ValidityFault | undefined {
  const [from, to] = [textOf(fromMs), textOf(toMs)];
  if (toMs < nowMs) {
    const text = isOfChain ? `has a certificate in its chain that has expired: ${subject}` : 'has expired: it';
    return { isRejected: true, text: `${text} was valid to ${to}, ${spanOf(nowMs - toMs)} ago` };
  }
  if (fromMs > nowMs + CLOCK_TOLERANCE_MS) {
    const text = isOfChain
      ? `has a certificate in its chain that is not valid yet: ${subject}`
      : 'is not valid yet: it';
    return { isRejected: true, text: `${text} is valid from ${from}, which is in ${spanOf(fromMs - nowMs)}` };
  }
  if (toMs > nowMs + EXPIRES_SOON_DAYS * DAY_MS) return undefined;
  const [text, it] = isOfChain ? ['has a certificate in its chain that expires', subject] : ['expires', 'it'];
  return { isRejected: false, text: `${text} in ${spanOf(toMs - nowMs)}: ${it} is valid to ${to}` };
}

function linksOf(entry: Entry): readonly Link[] {
  const links = known.get(entry) ?? readLinks(entry.certificate);
  known.set(entry, links);
  return links;
}

function readLinks(certificate: string): Link[] {
  const chain = readChain(certificate);
  if (typeof chain === 'string') return [];
  return chain.map((link) => ({
    subject: subjectOf(link),
    fromMs: Date.parse(link.validFrom),
    toMs: Date.parse(link.validTo),
  }));
}

/** The subject of a certificate in one short line, such as `CN=Example CA`. */
function subjectOf({ subject = '' }: X509Certificate): string {
  const text = subject.split('\n').reverse().join(', ');
  return inOneLine(text.length > MAX_SUBJECT ? `${text.slice(0, MAX_SUBJECT)}...` : text) || 'it';
}

/** A length of time in whole days, or in hours if it is shorter than a day. */
function spanOf(ms: number): string {
  const [count, unit] = ms >= DAY_MS ? [Math.floor(ms / DAY_MS), 'day'] : [Math.floor(ms / HOUR_MS), 'hour'];
  if (count === 0) return 'less than 1 hour';
  return counted(count, unit);
}

function textOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
