// Errors of a component's arguments, thrown before anything is registered.
import * as pulumi from '@pulumi/pulumi';

/** Throws if there are problems, as an error that Pulumi shows without a stack trace. */
export function refuse(component: string, name: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new pulumi.RunError(`InvalidParameter: ${component} ${name}: ${problems.join('; ')}`);
}

/**
 * The problems of a map of which a component reads the entries. Map and entries must be plain objects, because the
 * content of an output is not known yet.
 */
export function mapProblems(path: string, map: unknown): string[] {
  if (!isPlain(map)) return [`${path}: ${problemOf(map)}`];
  return Object.entries(map).flatMap(([name, value]) =>
    isPlain(value) ? [] : [`${path}.${name}: ${problemOf(value)}`],
  );
}

function problemOf(value: unknown): string {
  if (value === undefined) return 'is required: must be a plain object';
  const isOutput = pulumi.Output.isInstance(value) || value instanceof Promise;
  return `must be a plain object${isOutput ? ', not an output' : ''}`;
}

function isPlain(value: unknown): value is object {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}
