// Drafts of the stored model for tests of the control plane, with objects put as the API puts them.
import { isWeirError, type WeirError } from '../../../provider/model/base/errors.ts';
import type { Kind } from '../../../provider/model/base/kinds.ts';
import { parseProperties } from '../../../provider/model/objects/validate.ts';
import { putObject } from '../../../provider/runtime/control/write/changes.ts';
import type { PutRequest } from '../../../provider/runtime/control/write/put-request.ts';
import { VipPool } from '../../../provider/runtime/control/write/vip-pool.ts';
import { Draft, Model } from '../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../provider/runtime/stored/object.ts';

const POOL = new VipPool('127.77.0.0/16');

export function emptyDraft(): Draft {
  return new Draft(Model.of(0, []));
}

export function put(draft: Draft, kind: Kind, id: string, input: object, more: Partial<PutRequest> = {}): StoredObject {
  const identity = { owner: undefined, incarnation: undefined, newIncarnation: 'new', newCookieKey: 'chosen' };
  return putObject(draft, { kind, id, properties: parseProperties(kind, { ...input }), ...identity, ...more }, POOL);
}

/** Runs `work` and returns the `WeirError` that it throws. Returns `undefined` if it throws nothing. */
export function writeErrorOf(work: () => void): WeirError | undefined {
  try {
    work();
  } catch (error) {
    if (isWeirError(error)) return error;
    throw error;
  }
  return undefined;
}
