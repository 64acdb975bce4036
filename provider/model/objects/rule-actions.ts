// What a forwarding rule does with its requests besides choosing targets: responses of its own, rewriting, header edits.
import type { Problem } from '../base/errors.ts';
import { isRecord } from '../base/record.ts';
import type { IsKnown } from '../base/unknown.ts';
import { type FixedResponseProperties, fixedResponseRules, fixedResponseSchema } from './fixed-response.ts';
import { headerEditsRules, headerEditsSchema } from './header-edits.ts';
import { type RedirectProperties, redirectSchema } from './redirect.ts';
import { rewriteRules, rewriteSchema } from './rewrite.ts';
import { type Rule, within } from './rule.ts';

/** The properties for the schema of forwarding rules. */
export const ruleActionShape = {
  redirect: redirectSchema.optional(),
  fixedResponse: fixedResponseSchema.optional(),
  rewrite: rewriteSchema.optional(),
  requestHeaders: headerEditsSchema.optional(),
  responseHeaders: headerEditsSchema.optional(),
};

/** The properties by which a rule responds itself, so that it has no targets. */
export const OWN_RESPONSES = ['redirect', 'fixedResponse'] as const;

/** A response of a rule itself, as properties of the rule. */
export type OwnResponse =
  | { readonly redirect: RedirectProperties }
  | { readonly fixedResponse: FixedResponseProperties };

/** The property by which a rule responds itself. Returns `undefined` for a rule with targets, or if it is not known. */
export function ownResponseName(rule: {
  readonly redirect?: unknown;
  readonly fixedResponse?: unknown;
}): (typeof OWN_RESPONSES)[number] | undefined {
  return OWN_RESPONSES.find((name) => isRecord(rule[name]));
}

/** The response of a rule itself. Returns `undefined` for a rule with targets. */
export function ownResponseOf({
  redirect,
  fixedResponse,
}: Partial<Record<'redirect', RedirectProperties | undefined>> &
  Partial<Record<'fixedResponse', FixedResponseProperties | undefined>>): OwnResponse | undefined {
  if (redirect !== undefined) return { redirect };
  return fixedResponse === undefined ? undefined : { fixedResponse };
}

const ACTIONS = [...OWN_RESPONSES, 'rewrite'] as const;

/** The rules between the actions of a forwarding rule, and those within each of them. */
export const RULE_ACTION_RULES: readonly Rule[] = [
  actionRules,
  within('fixedResponse', fixedResponseRules),
  within('rewrite', rewriteRules),
  within('requestHeaders', headerEditsRules),
  within('responseHeaders', headerEditsRules),
];

function actionRules(input: Readonly<Record<string, unknown>>, isKnown: IsKnown): Problem[] {
  const [first, ...others] = ACTIONS.filter((name) => input[name] !== undefined && isKnown(input[name]));
  const problems: Problem[] = others.map((path) => ({
    path,
    message: `is given beside ${first}: at most one of ${ACTIONS.join(', ')} may be given`,
  }));
  const own = ownResponseName(input);
  if (own !== undefined && input.requestHeaders !== undefined)
    problems.push({ path: 'requestHeaders', message: `is for requests to targets, and the rule has a ${own}` });
  const { rewrite } = input;
  if (isRecord(rewrite) && rewrite.path !== undefined && input.path === undefined)
    problems.push({
      path: 'rewrite.path',
      message: 'takes the place of the path that the rule matches, and it has none',
    });
  return problems;
}
