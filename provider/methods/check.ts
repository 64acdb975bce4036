// `check`: reports every fault of the known inputs with its property, and leaves the inputs as the user wrote them.
import type { dynamic } from '@pulumi/pulumi';
import { MAX_PROBLEMS, moreProblems, type Problem } from '../model/base/errors.ts';
import { inOneLine } from '../model/base/one-line.ts';
import { isRecord } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { problemsOf } from '../model/objects/validate.ts';
import { programOf, withReferences } from '../program/program.ts';
import { duplicateAdoptionProblems } from '../program/uniqueness.ts';
import { withUnknown } from '../properties/absent.ts';
import { canonicalForm } from '../properties/canonical-form.ts';
import { type CanonicalForm, compact, type Inputs } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { splitAdoption } from './adoption.ts';
import { withValueless } from './valueless.ts';

/** What the SDK tells of the arguments beside their values. */
interface Facts {
  /** The URNs of resources at the places of arguments that are their ids. Only a preview has them. */
  readonly references?: unknown;
  /** The names of the arguments with values that the program has made secret. */
  readonly secrets?: readonly string[];
  /** The places of arguments without a known value. */
  readonly absent?: { readonly unknown?: unknown; readonly valueless?: unknown };
}

export function check(resource: ResourceDescription, olds: Inputs, news: Inputs): dynamic.CheckResult {
  const { __provider, forCheck, ...inputs } = withoutUndefined(news) as Inputs;
  const { references, secrets = [], absent = {} } = (forCheck ?? {}) as Facts;
  const { unknown, valueless } = absent;
  const { owner, customTimeouts, retainOnDelete, ...given } = inputs;
  const own = withUnknown(given, unknown);
  const { properties, problems } = splitAdoption(own);
  const program = programOf(String(owner));
  const canonical = (given: Inputs) => canonicalForm(resource.schema, given) as CanonicalForm;
  const seen = canonical(withReferences(properties, references) as Inputs);
  program.see(resource.kind, String(owner), { properties: seen, olds, secrets, unknown });
  const isNew = Object.keys(olds).length === 0;
  const before = isNew ? undefined : canonical(olds);
  const found = [...problemsOf(resource.kind, properties, isKnown), ...problems];
  const checked = { program, owner: String(owner), olds: before, news: seen };
  const { adopt } = withReferences(own, references) as Inputs;
  found.push(...duplicateAdoptionProblems(checked, resource.kind, adopt));
  // The targets of an adopted object count as bound already.
  const isBound = own.adopt !== undefined && isNew;
  for (const problem of resource.problems?.(isBound ? { ...checked, olds: seen } : checked) ?? []) {
    const isSaid = found.some(({ path, code }) => path === problem.path && code === problem.code);
    if (!isSaid) found.push(problem);
  }
  const all = withValueless(resource, found, properties, valueless);
  const failures = all.slice(0, MAX_PROBLEMS).map((problem) => failureOf(resource, problem, properties));
  const left = all.length - failures.length;
  if (left > 0) failures.push({ property: '', reason: moreProblems(left) });
  return { inputs, failures };
}

/**
 * A fault as the engine takes it. The engine shows the value of a `property`, even of a secret, and shows `{<nil>}` for
 * a path below the top. Therefore only top-level numbers and booleans, which are never secret, are reported by
 * `property`.
 */
function failureOf({ schema }: ResourceDescription, { path, message, code }: Problem, properties: Inputs) {
  const value = properties[path];
  const reason = inOneLine(code === undefined ? message : `${message} (${code})`);
  const isShown = Object.hasOwn(schema.shape, path) && (typeof value === 'number' || typeof value === 'boolean');
  return isShown ? { property: path, reason } : { property: '', reason: `${path} ${reason}`.trim() };
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isRecord(value)) return value;
  return compact(Object.entries(value).map(([key, item]) => [key, withoutUndefined(item)]));
}
