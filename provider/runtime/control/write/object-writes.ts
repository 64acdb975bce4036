// The writes of objects that callers ask for, each as one change of the model that the writer makes.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Kind } from '../../../model/base/kinds.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';
import type { Draft } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { deleteObject, type Precondition, putObject } from './changes.ts';
import { joinGroup, leaveGroup } from './members.ts';
import { type PutRequest, patchRequest } from './put-request.ts';
import type { TargetGuard } from './target-guard.ts';
import { patchedAttachment, type TargetsPatch } from './targets-patch.ts';
import type { VipPool } from './vip-pool.ts';
import type { ModelChange } from './write.ts';
import type { Writer } from './writer.ts';

/** What a put sends with the object's properties, and who sends it. */
export interface Identity extends Partial<Pick<PutRequest, 'owner' | 'incarnation' | 'caller'>> {}

interface ObjectWritesOptions {
  readonly writer: Writer;
  readonly pool: VipPool;
  readonly guard: TargetGuard;
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
    { owner, incarnation, caller }: Identity,
    precondition: Precondition,
  ): Promise<StoredObject> {
    const generated = { newIncarnation: randomUUID(), newCookieKey: randomBytes(32).toString('base64url') };
    const keepsWeights = 'manageWeights' in properties && !properties.manageWeights;
    const request = { kind, id, properties, owner, incarnation, ...generated, keepsWeights, caller };
    const change = (draft: Draft) => this.#putObject(draft, request, precondition);
    return await this.#write(change, caller, keyOf(kind, id));
  }

  async patchTargets(
    id: string,
    patch: TargetsPatch,
    precondition: Precondition,
    caller: string | undefined,
  ): Promise<StoredObject<'attachments'>> {
    const change = (draft: Draft) => {
      // The precondition is checked before the patch is merged, because the caller may have read an older attachment.
      const existing = draft.get('attachments', id);
      precondition(draft, existing, existing);
      const request = patchRequest(id, patchedAttachment(draft, id, patch), caller);
      return this.#putObject(draft, request, precondition);
    };
    return (await this.#write(change, caller, keyOf('attachments', id))) as StoredObject<'attachments'>;
  }

  /** Adds a server to an auto scaling group, which binds the server to everything the group is attached to. */
  async join(
    groupId: string,
    serverId: string,
    precondition: Precondition,
    caller: string | undefined,
  ): Promise<StoredObject<'groups'>> {
    return this.#changeMember(groupId, serverId, precondition, caller, joinGroup);
  }

  async leave(
    groupId: string,
    serverId: string,
    precondition: Precondition,
    caller: string | undefined,
  ): Promise<void> {
    await this.#changeMember(groupId, serverId, precondition, caller, leaveGroup);
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
    changeGroup: typeof joinGroup,
  ): Promise<StoredObject<'groups'>> {
    const change = (draft: Draft) => {
      const group = draft.get('groups', groupId);
      precondition(draft, group, group);
      return changeGroup(draft, groupId, serverId, caller);
    };
    return await this.#write(change, caller, keyOf('groups', `${groupId} ${serverId}`));
  }
}
