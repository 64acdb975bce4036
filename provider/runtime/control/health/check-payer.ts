// The token whose budget pays for the health checks of a target in a target group.
import type { TargetGroupSnapshot, TargetSnapshot } from '../../contract/snapshot.ts';
import { bindingSince, boundByOf } from '../../stored/attachments.ts';
import type { Model } from '../../stored/model.ts';

/**
 * The token that last made the check what it is: it bound the target, or changed the listener or rule. Returns
 * `undefined` if only the administrator did. A change by the administrator does not take a token's checks over, because
 * they would no longer be bounded.
 */
export function payerOf(
  model: Model,
  target: TargetSnapshot,
  { listenerId, ruleId }: Pick<TargetGroupSnapshot, 'listenerId' | 'ruleId'>,
): string | undefined {
  // An attachment and a group attachment may have the same id.
  const attachments = [
    model.get('attachments', target.attachment),
    model.get('group-attachments', target.attachment),
  ].filter((attachment) => attachment !== undefined);
  const makers = attachments.flatMap((attachment) => {
    const since = bindingSince(attachment, target);
    return since === undefined ? [] : [{ token: boundByOf(attachment, target), since }];
  });
  for (const served of [model.get('listeners', listenerId), ruleId && model.get('rules', ruleId)]) {
    if (served) makers.push({ token: served.changedBy ?? served.createdBy, since: served.version });
  }
  const ofTokens = makers.filter(({ token }) => token !== undefined);
  return ofTokens.reduce((last, maker) => (maker.since > last.since ? maker : last), {
    token: undefined,
    since: -1,
  } as (typeof makers)[0]).token;
}
