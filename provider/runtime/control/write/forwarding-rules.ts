// Rules for forwarding rules: their relation to the listener and to the listener's other forwarding rules.
import { type Problem, problemsText, WeirError } from '../../../model/base/errors.ts';
import { routeKey } from '../../../model/base/route-key.ts';
import { isHttp } from '../../../model/objects/listener.ts';
import { circleProblems } from '../../../model/rules/own-responses.ts';
import { ruleListenerProblems } from '../../../model/rules/rule-listeners.ts';
import { lookupIn } from '../../stored/lookup.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { foreignName, nameOf } from '../../stored/references.ts';

type Rule = StoredObject<'rules'>;

export function ruleProblems(view: ModelView, next: Rule): Problem[] {
  const lookup = lookupIn(view);
  return [...ruleListenerProblems(lookup, next.properties), ...circleProblems(lookup, next.properties)];
}

/** Throws `OwnedByOther` if a forwarding rule of another stack matches the same requests of the listener. */
export function refuseForeignRule(view: ModelView, next: Rule): void {
  const foreign = equalRules(view, next).filter((other) => !isSameStack(other, next));
  if (foreign.length === 0) return;
  const problems = foreign.map((other) => ({
    path: next.properties.path === undefined ? 'host' : 'path',
    message: `matches the same requests as ${foreignName(other)}`,
  }));
  throw new WeirError('OwnedByOther', `${problemsText(problems)}: give another host or path`, problems);
}

/**
 * Problems of a listener whose new protocol or load balancer does not allow forwarding rules. A listener may leave HTTP
 * while it has rules of its own stack, because Pulumi deletes removed rules after it updates the listener.
 */
export function problemsWithRules(view: ModelView, next: StoredObject<'listeners'>): Problem[] {
  const rules = [...view.list('rules')].filter(({ properties }) => properties.listenerId === next.id);
  if (rules.length === 0) return [];
  const names = rules.map(nameOf).join(', ');
  const problems: Problem[] = [];
  const isLeft = next.owner !== undefined && rules.every((rule) => isSameStack(rule, next));
  if (!isHttp(next.properties.protocol) && !isLeft) {
    const message = `can't be ${next.properties.protocol}: the listener has ${names}, and rules are for HTTP and HTTPS`;
    problems.push({ path: 'protocol', message });
  }
  if (isClassic(view, next)) {
    const message = `names a classic load balancer, and the listener has ${names}`;
    problems.push({ path: 'loadBalancerId', message, code: 'OperationFailed.ActionNotSupport' });
  }
  return problems;
}

/**
 * Warnings about other forwarding rules that match the same requests, because only one of them takes traffic.
 * `nameFor`: names another rule for this caller.
 */
export function ruleWarnings(view: ModelView, rule: Rule, nameFor: (other: Rule) => string): string[] {
  return equalRules(view, rule).map((other) => {
    const which = other.version > rule.version ? 'takes the requests while' : 'takes none of the requests once';
    const whose = other.version > rule.version ? 'it' : 'this rule';
    return `is equal to ${nameFor(other)}, which ${which} ${whose} has a target that takes traffic`;
  });
}

/** The other forwarding rules of the rule's listener that match the same requests as the rule. */
function equalRules(view: ModelView, { id, properties }: Rule): Rule[] {
  const key = routeKey(properties);
  return [...view.list('rules')].filter((other) => {
    return (
      other.id !== id && other.properties.listenerId === properties.listenerId && routeKey(other.properties) === key
    );
  });
}

function isClassic(view: ModelView, listener: StoredObject<'listeners'>): boolean {
  return view.get('load-balancers', listener.properties.loadBalancerId)?.properties.type === 'classic';
}
