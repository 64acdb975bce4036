// Whether loaded rows are what a runtime stores: their shapes, their state, and that the objects they name are there.
import { z } from 'zod';
import { type Problem, problemsText } from '../../model/base/errors.ts';
import { KINDS } from '../../model/base/kinds.ts';
import { propertyPath } from '../../model/base/property-path.ts';
import { referencesOf } from '../../model/base/references.ts';
import { fixedResponseSchema } from '../../model/objects/fixed-response.ts';
import { redirectSchema } from '../../model/objects/redirect.ts';
import { SCHEMAS } from '../../model/objects/schemas.ts';
import { tokenSchema } from '../../model/permissions/token.ts';
import { fieldsOf } from '../stored/lookup.ts';
import type { StoredModel, StoredObject, StoredToken } from '../stored/object.ts';
import { type BrokenRow, brokenError } from './broken-row.ts';
import type { Store } from './store.ts';

const boundSince = z.object({ boundSince: z.record(z.string(), z.number()) });
const cookieKey = z.object({ cookieKey: z.string().optional() });
/** The state without which an object cannot be served. */
const STATES: Readonly<Partial<Record<string, z.ZodType>>> = {
  'load-balancers': z.object({ vip: z.string().min(1) }),
  listeners: cookieKey.extend({ servesSince: z.number().optional() }),
  rules: cookieKey.extend({
    formerResponse: z
      .union([z.object({ redirect: redirectSchema }), z.object({ fixedResponse: fixedResponseSchema })])
      .optional(),
  }),
  attachments: boundSince,
  groups: z.object({ joined: z.array(z.string()), leases: z.record(z.string(), z.number()).optional() }),
  'group-attachments': boundSince,
};
const written = z.object({ version: z.int().min(0), patch: z.record(z.string(), z.unknown()) });
const envelope = z.object({
  id: z.string().min(1),
  incarnation: z.string(),
  version: z.int().min(0),
  createdAt: z.string().optional(),
  written: written.optional(),
});
const tokenEnvelope = z.object({ id: z.string().min(1), secretHash: z.string().min(1), createdAt: z.string() });

/** Loads everything. Throws one `Error` for the terminal that names every row that cannot be used. */
export async function loadWhole(store: Store, databaseFile: string): Promise<StoredModel> {
  const unread: BrokenRow[] = [];
  const stored = await store.load((row) => unread.push(row));
  const broken = [...unread, ...brokenRows(stored, new Set(unread.map(({ name }) => name)))];
  if (broken.length > 0) throw brokenError(databaseFile, broken);
  return stored;
}

/** `unread`: names of rows that are there and could not be loaded. */
function brokenRows({ version, objects, tokens }: StoredModel, unread: ReadonlySet<string>): BrokenRow[] {
  const names = new Set([...objects.map(nameOf), ...unread]);
  const newest = objects.reduce((most, object) => Math.max(most, object.version), 0);
  const row = (name: string, problems: readonly Problem[]) =>
    problems.length === 0 ? [] : [{ name, problem: problemsText(problems) }];
  return [
    ...(Number.isSafeInteger(version) && version >= newest
      ? []
      : [{ name: 'meta/version', problem: `is ${version}, and an object has version ${newest}` }]),
    ...objects.flatMap((object) => row(nameOf(object), objectProblems(object, names))),
    ...tokens.flatMap((token) => row(`tokens/${token.id}`, tokenProblems(token))),
  ];
}

function nameOf({ kind, id }: StoredObject): string {
  return `${kind}/${id}`;
}

function objectProblems(object: StoredObject, names: ReadonlySet<string>): Problem[] {
  const { kind, properties } = object;
  if (!KINDS.includes(kind)) return [{ path: '', message: 'this release has no such kind of object' }];
  const own = [
    ...faultsOf(envelope, object),
    ...faultsOf(SCHEMAS[kind], properties),
    ...faultsOf(STATES[kind] ?? z.object(), object.state),
  ];
  if (own.length > 0) return own;
  // For a group, these are the servers that joined through the API too.
  return referencesOf(kind, fieldsOf(object))
    .filter((reference) => !names.has(`${reference.kind}/${reference.id}`))
    .map(({ path, ...named }) => ({
      path: propertyPath(path),
      message: `names ${named.kind}/${named.id}, which is not there`,
    }));
}

function tokenProblems({ id, secretHash, createdAt, ...properties }: StoredToken): Problem[] {
  return [...faultsOf(tokenEnvelope, { id, secretHash, createdAt }), ...faultsOf(tokenSchema, properties)];
}

/**
 * The faults of a stored value that make it unusable: its types, its choices and its numbers. What else a write would be
 * refused for is no fault here, because an earlier release may have taken it, and its traffic must not end with an
 * upgrade.
 */
function faultsOf(schema: z.ZodType, value: unknown): Problem[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).filter(isUnusable).map(({ path, message }) => ({ path: propertyPath(path), message }));
}

function isUnusable(issue: z.core.$ZodIssue): boolean {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_union':
    case 'not_multiple_of':
      return true;
    case 'too_small':
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int';
    default:
      return false;
  }
}
