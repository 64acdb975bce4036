// What a component refuses by itself, before anything is registered: shown as it is, without a stack trace.
import * as pulumi from '@pulumi/pulumi';

export function refuse(component: string, name: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new pulumi.RunError(`InvalidParameter: ${component} ${name}: ${problems.join('; ')}`);
}

/** Of a map that a component takes apart: of an output nothing can be read, nor can it be spread. */
export function mapProblems(path: string, map: unknown): string[] {
  if (!isPlain(map)) return [`${path}: must be a plain object, and no output`];
  return Object.entries(map).flatMap(([name, value]) =>
    isPlain(value) ? [] : [`${path}.${name}: must be a plain object, and no output`],
  );
}

function isPlain(value: unknown): value is object {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}
