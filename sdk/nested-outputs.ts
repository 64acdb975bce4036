// Outputs and promises inside arguments: in plain objects and lists, at any depth.
import * as pulumi from '@pulumi/pulumi';
import { isRecord } from '../provider/model/base/record.ts';

export function isOutput(value: unknown): value is pulumi.Output<unknown> | Promise<unknown> {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Whether a value is an object of properties. Other objects may refer to themselves, and are not searched. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** The outputs and promises in a value, which may be one itself. */
export function outputsIn(value: unknown): (pulumi.Output<unknown> | Promise<unknown>)[] {
  if (isOutput(value)) return [value];
  return Array.isArray(value) || isPlain(value) ? Object.values(value).flatMap(outputsIn) : [];
}
