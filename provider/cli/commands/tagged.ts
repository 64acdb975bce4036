// Selection by tags: the part of a status that has given tags.
import { InvalidArgumentError } from 'commander';
import type { StatusResponse } from '../../model/api/status.ts';
import { valueIn } from '../../model/base/record.ts';

/** A tag to select by. Without a value, any value of the tag counts. */
export interface WantedTag {
  readonly name: string;
  readonly value: string | undefined;
}

/** Reads `NAME` or `NAME=VALUE`. An option that is given several times adds each tag to those before it. */
export function wantedTag(text: string, others: readonly WantedTag[] = []): WantedTag[] {
  const [name = '', ...value] = text.split('=');
  if (name === '') throw new InvalidArgumentError('Give NAME or NAME=VALUE.');
  return [...others, { name, value: value.length > 0 ? value.join('=') : undefined }];
}

type Tags = Readonly<Record<string, string>> | undefined;

/**
 * The status with only the targets that have all tags, by themselves or from their listener or its load balancer, and
 * only the listeners that have all tags or such a target.
 */
export function taggedPart(status: StatusResponse, wanted: readonly WantedTag[]): StatusResponse {
  if (wanted.length === 0) return status;
  const listeners = status.listeners.flatMap((listener) => {
    const own = { ...listener.loadBalancer?.tags, ...listener.tags };
    // A target whose tags the response left out may have them.
    const targets = listener.targets.filter(
      ({ tags, areTagsOmitted }) => areTagsOmitted || hasAll({ ...own, ...tags }, wanted),
    );
    return targets.length > 0 || hasAll(own, wanted) ? [{ ...listener, targets }] : [];
  });
  return { ...status, listeners };
}

function hasAll(tags: Tags, wanted: readonly WantedTag[]): boolean {
  return wanted.every(({ name, value }) => {
    const actual = valueIn(tags ?? {}, name);
    return actual !== undefined && (value === undefined || value === actual);
  });
}
