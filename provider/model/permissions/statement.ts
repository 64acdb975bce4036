// Statements of a token: patterns of actions and resources, and what they permit.
import { z } from 'zod';
import { matchesGlob } from '../base/glob.ts';
import { text } from '../objects/text.ts';
import { ACTIONS, type Actions, OBJECT_TYPES, type Permission } from './actions.ts';

const MAX_PATTERNS = 500;
const ALL_ACTIONS = Object.keys(ACTIONS);
const TYPES = Object.keys(OBJECT_TYPES);

const actionPattern = text('must be an action', 64).refine(
  (pattern) => ALL_ACTIONS.some((action) => matchesGlob(pattern, action)),
  'matches no action: `weir token create --help` lists them',
);

const resourcePattern = text('must be a resource', 160).regex(
  new RegExp(`^(\\*|runtime|(${TYPES.join('|')})/[A-Za-z0-9._*?-]{1,128})$`),
  `must be ${TYPES.map((type) => `"${type}/ID"`).join(', ')}, "runtime" or "*"; an ID may have "*" and "?"`,
);

/** A statement permits each of its actions on each of its resources. */
export const statementSchema = z.strictObject(
  {
    actions: z
      .array(actionPattern, 'must be a list of actions')
      .min(1, 'must not be empty')
      .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS}`),
    resources: z
      .array(resourcePattern, 'must be a list of resources')
      .min(1, 'must not be empty')
      .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS}`),
  },
  'must be a statement: actions and resources',
);

export type Statement = z.infer<typeof statementSchema>;

/** Whether any of the actions is permitted on the resource. */
export function permits(statements: readonly Statement[], actions: Actions, resource: string): boolean {
  return statements.some(
    (statement) =>
      hasAction(statement, actions) && statement.resources.some((pattern) => matchesGlob(pattern, resource)),
  );
}

/**
 * Whether any of the actions is permitted on any resource of the types. `object`: the resource that a request names, such
 * as "rule/api"; of its type, no other resource counts.
 */
export function permitsSome(
  statements: readonly Statement[],
  { actions, types }: Permission,
  object?: string,
): boolean {
  const named = object?.split('/')[0];
  const covers = (pattern: string, type: string) =>
    type === named ? matchesGlob(pattern, object ?? '') : pattern.split('/')[0] === type;
  return statements.some(
    (statement) =>
      hasAction(statement, actions) &&
      statement.resources.some((pattern) => pattern === '*' || types.some((type) => covers(pattern, type))),
  );
}

function hasAction(statement: Statement, actions: Actions): boolean {
  return statement.actions.some((pattern) => actions.some((action) => matchesGlob(pattern, action)));
}
