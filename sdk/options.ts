// The resource options that the engine keeps to itself: the providers get them among the properties of the resource.
import * as pulumi from '@pulumi/pulumi';
import { durationMs } from '../provider/model/base/duration.ts';

/** The options as properties. Throws if a time-out is no duration, which the engine would say without the resource. */
export function forwardedOptions(resource: string, opts: pulumi.CustomResourceOptions | undefined): object {
  // An empty time-out is unset.
  const timeouts = Object.entries(opts?.customTimeouts ?? {}).filter(([, text]) => text !== undefined && text !== '');
  for (const [operation, text] of timeouts) {
    if (durationMs(text) !== undefined) continue;
    const advice = 'is no duration: give one such as "30s", "5m" or "1h30m"';
    throw new pulumi.RunError(`${resource}: customTimeouts.${operation}: ${JSON.stringify(text)} ${advice}`);
  }
  return {
    ...(timeouts.length > 0 && { customTimeouts: Object.fromEntries(timeouts) }),
    ...(opts?.retainOnDelete === true && { retainOnDelete: true }),
  };
}
