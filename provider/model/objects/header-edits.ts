// Edits of header fields by a forwarding rule, and the fields that no rule may edit.
import { z } from 'zod';
import { ABOUT_CLIENT_NAMES } from '../base/about-client-names.ts';
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import type { IsKnown } from '../base/unknown.ts';
import { text } from './text.ts';

const MAX_FIELDS = 32;
/** Limit for the names and values of one object together, because each request is that much longer. */
const MAX_CHARACTERS = 8192;

/** A name of a field is a token (RFC 9110 5.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NAME_FORM = 'must be the name of a header: letters, digits and "-"';
/** Visible characters, with spaces and tabs between them. RFC 9110 5.5 has no use for others. */
const VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

const name = text('must be the name of a header', 128).regex(NAME, NAME_FORM);
const value = text('must be a string', 4096).regex(
  VALUE,
  'must have ASCII characters only, no control characters, and no spaces at its ends',
);
const fields = z
  .record(name, value, 'must be a map of names to values')
  .refine((map) => Object.keys(map).length <= MAX_FIELDS, `must have at most ${MAX_FIELDS} headers`);

export const headerEditsSchema = z.strictObject(
  {
    set: fields.optional(),
    add: fields.optional(),
    remove: z
      .array(name, 'must be a list of names')
      .max(MAX_FIELDS, `must have at most ${MAX_FIELDS} names`)
      .optional(),
  },
  'must be edits of headers: an object such as { remove: ["Server"] }',
);

export type HeaderEditsProperties = z.infer<typeof headerEditsSchema>;

/** Why no rule edits a field, by its folded name; `*` stands for any text. */
const FRAMING = 'it says where the message ends';
const HOP_BY_HOP = 'it belongs to one connection';
const CLIENT = 'it tells targets about the client or the original request';
const UNTOUCHED: Readonly<Record<string, string>> = {
  host: 'use rewrite.host',
  'content-length': FRAMING,
  'transfer-encoding': FRAMING,
  trailer: FRAMING,
  ...Object.fromEntries(
    [
      ...['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'te', 'http2-settings', 'expect'],
      ...['proxy-authenticate', 'proxy-authorization'],
    ].map((each) => [each, HOP_BY_HOP]),
  ),
  via: 'the runtime finds circles by it',
  forwarded: CLIENT,
  proxy: CLIENT,
};
const OF_CLIENT: readonly string[] = Object.values(ABOUT_CLIENT_NAMES).flat();

/** A name in the form in which targets may compare it: whatever is no letter or digit counts as a hyphen. */
function folded(header: string): string {
  return header.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Why no rule may edit the field. Returns `undefined` if a rule may. */
export function untouchedReason(header: string): string | undefined {
  const key = folded(header);
  if (Object.hasOwn(UNTOUCHED, key)) return UNTOUCHED[key];
  const isOfClient = OF_CLIENT.some((pattern) => {
    if (pattern.endsWith('*')) return key.startsWith(pattern.slice(0, -1));
    return pattern.startsWith('*') ? key.endsWith(pattern.slice(1)) : key === pattern;
  });
  return isOfClient ? CLIENT : undefined;
}

/** Reports fields that no rule may edit, a field that is edited twice, and edits that are too long together. */
export function headerEditsRules(edits: Readonly<Record<string, unknown>>, isKnown: IsKnown): Problem[] {
  const named = editedFields(edits, isKnown).filter(({ header }) => header.length <= 128 && NAME.test(header));
  const first = new Map<string, string>();
  const problems = named.flatMap(({ path, header }): Problem[] => {
    const reason = untouchedReason(header);
    if (reason !== undefined) return [{ path, message: `edits ${header}, which no rule may edit: ${reason}` }];
    const key = folded(header);
    const other = first.get(key);
    first.set(key, other ?? path);
    return other === undefined ? [] : [{ path, message: `edits the same header as ${other}` }];
  });
  const characters = named.reduce((sum, { header, length }) => sum + header.length + length, 0);
  if (characters > MAX_CHARACTERS)
    problems.push({
      path: 'set',
      message: `and add and remove must have at most ${MAX_CHARACTERS} characters together`,
    });
  return problems;
}

interface EditedField {
  readonly path: string;
  readonly header: string;
  readonly length: number;
}

function editedFields({ set, add, remove }: Readonly<Record<string, unknown>>, isKnown: IsKnown): EditedField[] {
  const maps = Object.entries({ set, add }).flatMap(([edit, map]) => {
    if (!isKnown(map) || !isRecord(map)) return [];
    return Object.entries(map).map(([header, text]) => ({
      path: propertyPath([edit, header]),
      header,
      length: typeof text === 'string' ? text.length : 0,
    }));
  });
  const removed = isKnown(remove) && Array.isArray(remove) ? remove : [];
  const names = removed.flatMap((header, at) =>
    typeof header === 'string' && isKnown(header) ? [{ path: propertyPath(['remove', at]), header, length: 0 }] : [],
  );
  return [...maps, ...names];
}
