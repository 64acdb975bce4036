// Rules that respond themselves, as they are served.
import { type OwnResponse, ownResponseOf } from '../../model/objects/rule-actions.ts';
import type { StoredObject } from './object.ts';

/**
 * The response that clients get from the rule itself, also from one that waits for its first attachment and goes on with
 * what it responded before. Returns `undefined` for a rule with targets.
 */
export function servedResponseOf({ properties, state }: StoredObject<'rules'>): OwnResponse | undefined {
  return ownResponseOf(properties) ?? state.formerResponse;
}
