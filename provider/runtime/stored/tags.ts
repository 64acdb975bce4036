// Tags of a listener or a bound target, which come from the objects to which it belongs.
import { valueIn } from '../../model/base/record.ts';
import type { StoredObjects } from './model.ts';
import type { StoredObject } from './object.ts';

export type Tags = Readonly<Record<string, string>>;

/** The listener's own object and its load balancer, the nearer one last. */
export function objectsOfListener(objects: StoredObjects, listenerId: string): StoredObject[] {
  const listener = objects.get('listeners', listenerId);
  if (listener === undefined) return [];
  const loadBalancer = objects.get('load-balancers', listener.properties.loadBalancerId);
  return loadBalancer === undefined ? [listener] : [loadBalancer, listener];
}

/**
 * The objects below the listener to which a bound target belongs, the nearer one last: its rule, its attachment, the
 * auto scaling group and the server.
 */
export function objectsOfTarget(
  objects: StoredObjects,
  { attachment: id, name }: { readonly attachment: string; readonly name: string },
  ruleId: string | undefined,
): StoredObject[] {
  const rule = ruleId === undefined ? undefined : objects.get('rules', ruleId);
  const attachment = objects.get('attachments', id);
  const groupAttachment = attachment === undefined ? objects.get('group-attachments', id) : undefined;
  const group = groupAttachment && objects.get('groups', groupAttachment.properties.groupId);
  // The name of a member that joined through the API is the id of its server.
  const serverId =
    attachment === undefined
      ? (valueIn(group?.properties.members ?? {}, name) ?? name)
      : valueIn(attachment.properties.targets, name)?.serverId;
  const server = serverId === undefined ? undefined : objects.get('backend-servers', serverId);
  return [rule, attachment ?? groupAttachment, group, server].filter((object) => object !== undefined);
}

/** The tags of several objects together. If two of them have a tag of one name, the later one counts. */
export function tagsOf(objects: readonly StoredObject[]): Tags | undefined {
  const tagged = objects.map(({ properties }) => properties.tags).filter((tags) => tags !== undefined);
  return tagged.length <= 1 ? tagged[0] : Object.assign({}, ...tagged);
}
