// Owners in patterns such as "shop/*": an owner is a URN, and a pattern is compared with its project and its stack.
import { matchesGlob } from './glob.ts';
import { stackOf } from './urn.ts';

/** A name of a project or stack. Its length is bounded, because the cost of a comparison grows with it. */
const NAME = '[A-Za-z0-9_.-]{1,128}';
const STACK_IN_URN = new RegExp(`^urn:pulumi:(${NAME})::(${NAME})(::|$)`);

/** The form of a pattern: PROJECT/STACK. In either part, `*` is any text. */
export const OWNER_PATTERN = /^[A-Za-z0-9_.*-]{1,128}\/[A-Za-z0-9_.*-]{1,128}$/;

/** The stack to which an owner belongs, as PROJECT/STACK. Returns `undefined` if the owner is not a URN of Pulumi. */
export function projectAndStackOf(owner: string | undefined): string | undefined {
  const [, stack, project] = STACK_IN_URN.exec(owner ?? '') ?? [];
  return project === undefined ? undefined : `${project}/${stack}`;
}

/** Whether one of the patterns matches the owner. No pattern matches an owner that is not a URN of Pulumi. */
export function matchesOwner(patterns: readonly string[], owner: string | undefined): boolean {
  const [project, stack] = projectAndStackOf(owner)?.split('/') ?? [];
  if (project === undefined || stack === undefined) return false;
  return patterns.some((pattern) => {
    const [ofProject = '', ofStack = ''] = pattern.split('/');
    return matchesGlob(ofProject, project) && matchesGlob(ofStack, stack);
  });
}

/**
 * Whether two objects belong to one stack. Objects of one stack may share an endpoint, target or rule for a while,
 * because Pulumi creates the replacement of a resource before it deletes the old resource.
 */
export function isSameStack(
  a: { readonly owner?: string | undefined },
  b: { readonly owner?: string | undefined },
): boolean {
  return stackOf(a.owner) === stackOf(b.owner);
}
