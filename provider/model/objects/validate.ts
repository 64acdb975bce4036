// Validation of an object against its schema and rules, with every problem at once, for the API and for previews.
import type { z } from 'zod';
import { type ErrorCode, type Problem, problemsText, problemText, WeirError } from '../base/errors.ts';
import type { Kind } from '../base/kinds.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord, RESERVED_NAME, valueIn } from '../base/record.ts';
import type { IsKnown } from '../base/unknown.ts';

import { MAX_CERTIFICATES } from './listener.ts';
import { MAX_TAGS } from './network.ts';
import { type PropertiesOf, rulesOf, SCHEMAS } from './schemas.ts';
import { MAX_TARGETS } from './target-attachment.ts';

/** The codes of zod's issues for a missing value. The second is the one for an enumeration. */
const MISSING_CODES: readonly string[] = ['invalid_type', 'invalid_value'];

/**
 * Every problem in the known parts of an object. A value for which `isKnown` is false is skipped, with each rule that
 * needs it.
 */
export function problemsOf(kind: Kind, input: Record<string, unknown>, isKnown: IsKnown = () => true): Problem[] {
  const problems = countProblems(input, isKnown);
  const overfull = new Set(problems.map(({ path }) => path));
  // The elements of a map with too many of them are not looked at, because their problems would take seconds.
  const rest =
    overfull.size === 0 ? input : { ...input, ...Object.fromEntries([...overfull].map((name) => [name, {}])) };
  const own = schemaProblems(SCHEMAS[kind], rest, isKnown);
  const refused = new Set([...overfull, ...own.map(({ path }) => path)]);
  // A value that is refused for itself gets no second problem for what it means beside others.
  const common = rulesProblems(kind, rest, isKnown).filter(({ path }) => !refused.has(path));
  return [...problems, ...own.filter(({ path }) => !overfull.has(path)), ...common];
}

/** The maximum number of elements of each map, by its property. */
const MAP_LIMITS: Readonly<Record<string, number>> = {
  targets: MAX_TARGETS,
  members: MAX_TARGETS,
  certificates: MAX_CERTIFICATES,
  tags: MAX_TAGS,
};

/**
 * Reports maps that have too many elements, by their number alone. `times`: a patch of a map may remove all elements and
 * add as many others, so it may have twice as many.
 */
export function countProblems(
  input: Readonly<Record<string, unknown>>,
  isKnown: IsKnown = () => true,
  times = 1,
): Problem[] {
  return Object.entries(MAP_LIMITS).flatMap(([path, each]) => {
    const limit = times * each;
    const map = input[path];
    const count = isKnown(map) && isRecord(map) ? Object.keys(map).length : 0;
    return count <= limit ? [] : [{ path, message: `must have at most ${limit} ${path}, not ${count}` }];
  });
}

/** Every problem that several properties of an object cause together, even if each of them is valid alone. */
export function rulesProblems(
  kind: Kind,
  properties: Readonly<Record<string, unknown>>,
  isKnown: IsKnown = () => true,
): Problem[] {
  return rulesOf(kind).flatMap((rule) => rule(properties, isKnown));
}

/** Every problem that a schema finds in an input. */
export function schemaProblems(schema: z.ZodType, input: unknown, isKnown: IsKnown = () => true): Problem[] {
  const parsed = schema.safeParse(input);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => toProblems(issue, input, isKnown));
  return [...reservedNames(input), ...firstOfEach(problems)];
}

/** The first problem of each path, because a value that has no valid form fails the checks of its meaning as well. */
function firstOfEach(problems: readonly Problem[]): Problem[] {
  const paths = new Set<string>();
  return problems.filter(({ path }) => !paths.has(path) && paths.add(path));
}

/** Reports the name `__proto__` in a map, because zod and most copies of an object drop it silently. */
function reservedNames(input: unknown): Problem[] {
  return Object.entries(isRecord(input) ? input : {})
    .filter(([, map]) => isRecord(map) && Object.hasOwn(map, RESERVED_NAME))
    .map(([property]) => ({ path: propertyPath([property, RESERVED_NAME]), message: 'this name is reserved' }));
}

/** The input with every default filled in. Throws one WeirError that names every problem. */
export function parseProperties<K extends Kind>(kind: K, input: Record<string, unknown>): PropertiesOf<K> {
  const problems = problemsOf(kind, input);
  if (problems.length > 0) throw invalid(problems);
  return parsedProperties(kind, input);
}

/** An input without problems, with every default filled in. */
export function parsedProperties<K extends Kind>(kind: K, input: Record<string, unknown>): PropertiesOf<K> {
  return SCHEMAS[kind].parse(input) as PropertiesOf<K>;
}

/**
 * The one error for a list of problems. Its code is the code that all problems share, and need not be InvalidParameter.
 * If the codes differ, the error is InvalidParameter, and its message gives each problem's own code. A problem without
 * a code counts as InvalidParameter.
 */
export function invalid(problems: readonly Problem[]): WeirError {
  const codes = new Set<ErrorCode>(problems.map((problem) => problem.code ?? 'InvalidParameter'));
  const [first = 'InvalidParameter'] = codes;
  const isOne = codes.size <= 1;
  const message = problemsText(problems, (problem) => {
    const text = problemText(problem);
    return isOne || problem.code === undefined ? text : `${text} (${problem.code})`;
  });
  return new WeirError(isOne ? first : 'InvalidParameter', message, problems);
}

function toProblems(issue: z.core.$ZodIssue, input: unknown, isKnown: IsKnown): Problem[] {
  if (!isKnownAt(issue.path, input, isKnown)) return [];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: propertyPath([...issue.path, key]), message: 'is not a property' }));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path: propertyPath(issue.path), message }));
  }
  const value = valueAt(issue.path, input);
  const isMissing = MISSING_CODES.includes(issue.code) && value === undefined;
  const message = isMissing ? `is required: ${issue.message}` : `${issue.message}${typeAdvice(issue, value)}`;
  return [{ path: propertyPath(issue.path), message }];
}

/** What a value of another type has to become, by the type that is expected and the type that is given. */
const TYPE_ADVICE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  number: { text: 'leave out the quotes, or convert it with Number()' },
  boolean: { text: 'leave out the quotes' },
  string: { number: 'put it in quotes', boolean: 'put it in quotes', list: 'give one text' },
  array: { text: 'put it in brackets', map: 'give the values alone in brackets' },
  record: { list: 'give each entry a name' },
  object: { list: 'give one object' },
};

/** The words for types in messages, with their articles. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  text: 'text',
  number: 'a number',
  boolean: 'a truth value',
  list: 'a list',
  map: 'a map',
};

/** Says that a property has a value of another type, such as text for a number, which a stack's configuration gives. */
function typeAdvice(issue: z.core.$ZodIssue, value: unknown): string {
  if (!MISSING_CODES.includes(issue.code) || issue.path.length === 0) return '';
  if (value === null) return ', and null is given: give a value, or leave it out';
  if (typeof value === 'number' && !Number.isFinite(value))
    return `, and ${value} is given: see what it is computed from`;
  if (issue.code !== 'invalid_type') return '';
  const expected = issue.expected === 'int' ? 'number' : issue.expected;
  const given = typeNameOf(value);
  const advice = TYPE_ADVICE[expected]?.[given];
  return advice === undefined ? '' : `, and ${TYPE_NAMES[given]} is given: ${advice}`;
}

function typeNameOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (isRecord(value)) return 'map';
  return typeof value === 'string' ? 'text' : typeof value;
}

/** Whether a nested value is known. It is not known if a value that contains it is not known. */
function isKnownAt(path: readonly PropertyKey[], input: unknown, isKnown: IsKnown): boolean {
  for (let depth = 0; depth <= path.length; depth++) {
    if (!isKnown(valueAt(path.slice(0, depth), input))) return false;
  }
  return true;
}

function valueAt(path: readonly PropertyKey[], input: unknown): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? valueIn(value as Record<string, unknown>, String(key)) : undefined,
    input,
  );
}
