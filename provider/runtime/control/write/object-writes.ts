// The writes of objects that callers ask for, each as one change of the model that the writer makes.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Kind } from '../../../model/base/kinds.ts';
import type { MergePatch } from '../../../model/base/merge-patch.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';
import type { Draft } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { deleteObject, type Precondition, putObject } from './changes.ts';
import { endLeases, joinGroup, leaveGroup } from './members.ts';
import { patchedProperties } from './object-patch.ts';
import type { PutRequest } from './put-request.ts';
import type { TargetGuard } from './target-guard.ts';
import type { VipPool } from './vip-pool.ts';
import type { ModelChange } from './write.ts';
import type { Writer } from './writer.ts';

/** The identity that a write sends with the properties of the object, and its sender. */
export interface Identity extends Partial<Pick<PutRequest, 'owner' | 'incarnation' | 'caller' | 'isOfStack'>> {}

interface ObjectWritesOptions {
  readonly writer: Writer;
  readonly pool: VipPool;
  readonly guard: TargetGuard;
  /** Time of day in milliseconds since 1970. */
  readonly nowMs: () => number;
}

export class ObjectWrites {
  readonly #options: ObjectWritesOptions;

  constructor(options: ObjectWritesOptions) {
    this.#options = options;
  }

  async put<K extends Kind>(
    kind: K,
    id: string,
    properties: PropertiesOf<K>,
    identity: Identity,
    precondition: Precondition,
  ): Promise<StoredObject> {
    const keepsWeights = 'manageWeights' in properties && !properties.manageWeights;
    const request = { kind, id, properties, ...this.#requestOf(identity), keepsWeights };
    const change = (draft: Draft) => this.#putObject(draft, request, precondition);
    return await this.#write(change, identity.caller, keyOf(kind, id));
  }

  async patch<K extends Kind>(
    kind: K,
    id: string,
    patch: MergePatch,
    identity: Identity,
    precondition: Precondition,
  ): Promise<StoredObject> {
    const given = { kind, id, patch, ...this.#requestOf(identity) };
    const change = (draft: Draft) => {
      // The precondition is checked before the patch is merged, because the caller may have read an older object.
      const existing = draft.get<Kind>(kind, id);
      precondition(draft, existing, existing);
      return this.#putObject(draft, { ...given, properties: patchedProperties(draft, kind, id, patch) }, precondition);
    };
    return await this.#write(change, identity.caller, keyOf(kind, id));
  }

  /**
   * Adds a server to an auto scaling group, which binds the server to everything the group is attached to. `ttlSeconds`:
   * time to live of its lease; `undefined` for a membership without one.
   */
  async join(
    groupId: string,
    serverId: string,
    ttlSeconds: number | undefined,
    precondition: Precondition,
    caller: string | undefined,
  ): Promise<StoredObject<'groups'>> {
    const change = (draft: Draft) => joinGroup(draft, groupId, serverId, { ttlSeconds, caller });
    return await this.#changeMember(groupId, serverId, precondition, caller, change);
  }

  async leave(
    groupId: string,
    serverId: string,
    precondition: Precondition,
    caller: string | undefined,
  ): Promise<void> {
    const change = (draft: Draft) => leaveGroup(draft, groupId, serverId, caller);
    await this.#changeMember(groupId, serverId, precondition, caller, change);
  }

  /** Removes the members of a group whose leases have ended. `ended`: times to live of these leases by server id. */
  async endLeases(groupId: string, ended: ReadonlyMap<string, number>): Promise<void> {
    const change = (draft: Draft) => {
      endLeases(draft, groupId, ended);
      return undefined;
    };
    await this.#write(change, undefined);
  }

  async delete(
    kind: Kind,
    id: string,
    incarnation: string | undefined,
    precondition: Precondition,
    caller: string | undefined,
    below: Precondition | undefined,
  ): Promise<void> {
    const change = (draft: Draft) => {
      precondition(draft, draft.get<Kind>(kind, id), undefined);
      deleteObject(draft, kind, id, incarnation, below);
      return undefined;
    };
    await this.#write(change, caller, keyOf(kind, id));
  }

  #requestOf({ owner, incarnation, caller, isOfStack = false }: Identity) {
    const generated = { newIncarnation: randomUUID(), newCookieKey: randomBytes(32).toString('base64url') };
    const createdAt = new Date(this.#options.nowMs()).toISOString();
    return { owner, incarnation, caller, isOfStack, createdAt, ...generated };
  }

  #putObject(draft: Draft, request: PutRequest, precondition: Precondition): StoredObject {
    return putObject(draft, request, this.#options.pool, precondition);
  }

  /** Makes a change of the model. Whatever it changes, the runtime connects neither to itself nor to denied targets. */
  #write<T extends StoredObject | undefined>(
    change: ModelChange<T>,
    caller: string | undefined,
    name?: string,
  ): Promise<T> {
    const { writer, guard } = this.#options;
    const guarded = (draft: Draft) => {
      const before = draft.toModel();
      const written = change(draft);
      guard.refuse(before, draft, written);
      return written;
    };
    return writer.write(guarded, name, caller);
  }

  /**
   * Adds or removes one group member. The write is named for group and server, so only a newer write of the same member
   * supersedes it.
   */
  async #changeMember(
    groupId: string,
    serverId: string,
    precondition: Precondition,
    caller: string | undefined,
    changeGroup: (draft: Draft) => StoredObject<'groups'>,
  ): Promise<StoredObject<'groups'>> {
    const change = (draft: Draft) => {
      const group = draft.get('groups', groupId);
      precondition(draft, group, group);
      return changeGroup(draft);
    };
    return await this.#write(change, caller, keyOf('groups', `${groupId} ${serverId}`));
  }
}
