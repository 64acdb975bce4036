// Strings in requests: each has a maximum length, which is checked before anything else looks at the string.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { identitySchema } from '../../../../provider/model/api/objects-by-kind.ts';
import {
  deleteQuery,
  idParams,
  listQuery,
  memberParams,
  stackQuery,
} from '../../../../provider/model/api/parameters.ts';
import { patchDocument } from '../../../../provider/model/api/patch.ts';
import { KINDS } from '../../../../provider/model/base/kinds.ts';
import { SCHEMAS } from '../../../../provider/model/objects/schemas.ts';
import { tokenSchema } from '../../../../provider/model/permissions/token.ts';

/** The schema of everything that a caller sends, by a name for errors. */
const REQUESTS: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, SCHEMAS[kind]])),
  ...Object.fromEntries(KINDS.map((kind) => [`patch of ${kind}`, patchDocument(kind)])),
  ...{ identitySchema, deleteQuery, idParams, listQuery, memberParams, stackQuery, tokenSchema },
};

type Part = { readonly _zod: { readonly def: Readonly<Record<string, unknown>> } };

/** Every schema within a schema, with its path. */
function* partsOf(part: Part, path: string): Iterable<[path: string, part: Part]> {
  yield [path, part];
  for (const [name, value] of Object.entries(part._zod.def)) {
    if (name === 'checks') continue;
    const inner = name === 'shape' ? Object.entries(value as object) : [[name, value] as const];
    for (const [key, one] of inner) {
      for (const each of [one].flat()) {
        if (typeof each === 'object' && each !== null && '_zod' in each) yield* partsOf(each as Part, `${path}.${key}`);
      }
    }
  }
}

test('every string of a request has a maximum length, and its length is checked first', () => {
  const strings = Object.entries(REQUESTS).flatMap(([name, schema]) =>
    [...partsOf(schema as unknown as Part, name)].filter(([, part]) => part._zod.def.type === 'string'),
  );
  assert.ok(strings.length > 60, `${strings.length} strings`);
  for (const [path, { _zod }] of strings) {
    const [first] = (_zod.def.checks ?? []) as Part[];
    const { check, abort, maximum } = first?._zod.def ?? {};
    assert.deepEqual([check, abort], ['max_length', true], path);
    assert.ok(Number(maximum) <= 65_536, path);
  }
});
