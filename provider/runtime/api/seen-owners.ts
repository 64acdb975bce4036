// Stacks and forwarding rules in the status: those of the objects that the caller may read.
import type { StatusResponse } from '../../model/api/status.ts';
import { projectAndStackOf } from '../../model/base/owners.ts';
import { resourceName } from '../../model/base/urn.ts';
import { ownResponseName } from '../../model/objects/rule-actions.ts';
import type { ListenerSnapshot } from '../contract/snapshot.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { attachmentWithId } from '../stored/attachments.ts';
import type { Model } from '../stored/model.ts';
import type { StoredObject } from '../stored/object.ts';
import { servedResponseOf } from '../stored/own-responses.ts';
import type { ReadFilter } from './read-filter.ts';

type ListenerStatus = StatusResponse['listeners'][number];

/** The owners of the objects that one response shows. */
export class SeenOwners {
  readonly #compiled: ControlPlane['compiled'];
  readonly #model: Model;
  readonly #isReadable: ReadFilter;
  /** The stacks of attachments, because an attachment has up to 500 targets. */
  readonly #stacks = new Map<string, string | undefined>();

  constructor(compiled: ControlPlane['compiled'], model: Model, isReadable: ReadFilter) {
    this.#compiled = compiled;
    this.#model = model;
    this.#isReadable = isReadable;
  }

  /** The given fields of a listener with its stack, that of its load balancer, and its rules. */
  ofListener<T extends Pick<ListenerStatus, 'loadBalancer'>>({ id, rules: served }: ListenerSnapshot, fields: T) {
    const sources = this.#compiled.sources.get(id) ?? [];
    const owner = this.#ownerOf(sources.find(({ kind }) => kind === 'listeners'));
    const { loadBalancer } = fields;
    const attached = new Set(served.map((rule) => rule.id));
    const rules = sources.filter(isRule).filter(this.#isReadable);
    return {
      ...fields,
      ...(loadBalancer && {
        loadBalancer: {
          ...loadBalancer,
          stack: projectAndStackOf(this.#ownerOf(this.#model.get('load-balancers', loadBalancer.id))),
        },
      }),
      stack: projectAndStackOf(owner),
      resource: resourceName({ owner }) || undefined,
      rules: rules.map((rule) => {
        const { id: ruleId, owner: ruleOwner, properties } = rule;
        const { host, path, pathMatch } = properties;
        const stack = projectAndStackOf(ruleOwner);
        const own = servedResponseOf(rule);
        const action = own && ownResponseName(own);
        const isAttached = action === undefined && attached.has(ruleId);
        return { id: ruleId, host, path, pathMatch, action, stack, isAttached };
      }),
    };
  }

  /** The stack of an attachment that the caller may read. */
  ofAttachment(id = ''): string | undefined {
    if (!this.#stacks.has(id)) {
      this.#stacks.set(id, projectAndStackOf(attachmentWithId(this.#model, id)?.owner));
    }
    return this.#stacks.get(id);
  }

  #ownerOf(object: StoredObject | undefined): string | undefined {
    return object !== undefined && this.#isReadable(object) ? object.owner : undefined;
  }
}

function isRule(object: StoredObject): object is StoredObject<'rules'> {
  return object.kind === 'rules';
}
