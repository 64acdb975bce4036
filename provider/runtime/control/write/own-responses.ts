// The change of a rule between responses of its own and targets: its requests never find neither of the two.
import type { OwnResponse } from '../../../model/objects/rule-actions.ts';
import { ownResponseName } from '../../../model/objects/rule-actions.ts';
import { attachmentsOf } from '../../stored/attachments.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { Attachment, StoredObject } from '../../stored/object.ts';
import { servedResponseOf } from '../../stored/own-responses.ts';

/**
 * The response with which a rule goes on that no longer responds itself, until it gets its first attachment: Pulumi
 * updates a rule before it creates what is bound to the rule.
 */
export function formerResponseOf(
  view: ModelView,
  { id, properties }: StoredObject<'rules'>,
  existing: StoredObject<'rules'> | undefined,
): { formerResponse?: OwnResponse } {
  const formerResponse = existing && servedResponseOf(existing);
  if (formerResponse === undefined || ownResponseName(properties) !== undefined) return {};
  return boundTo(view, id).length === 0 ? { formerResponse } : {};
}

/** Ends the former response of the rule to which an attachment is bound. Workers end it once a target has begun. */
export function endFormerResponse(draft: Draft, object: StoredObject): void {
  if (object.kind !== 'attachments' && object.kind !== 'group-attachments') return;
  const { ruleId } = object.properties;
  const rule = ruleId === undefined ? undefined : draft.get('rules', ruleId);
  if (rule?.state.formerResponse === undefined) return;
  const { formerResponse: _, ...state } = rule.state;
  draft.put({ ...rule, state });
}

/** Warnings of a rule that responds itself and has attachments, or that waits for one. `nameFor`: names an attachment. */
export function ownResponseWarnings(
  view: ModelView,
  rule: StoredObject<'rules'>,
  nameFor: (attachment: Attachment) => string,
): string[] {
  const name = ownResponseName(rule.properties);
  if (name !== undefined) {
    return boundTo(view, rule.id).map((attachment) => {
      return `has a ${name}: ${nameFor(attachment)} binds no targets to it, and has to be deleted`;
    });
  }
  const { formerResponse } = rule.state;
  if (formerResponse === undefined) return [];
  return [`goes on with its former ${ownResponseName(formerResponse)} until an attachment binds targets to it`];
}

function boundTo(view: ModelView, ruleId: string): Attachment[] {
  return [...attachmentsOf(view)].filter(({ properties }) => properties.ruleId === ruleId);
}
