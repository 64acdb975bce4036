// An independent model of the objects in the runtime, simple enough to check by reading: which targets may serve a
// request.
import type { Protocol } from '../../../provider/runtime/contract/snapshot.ts';

interface ListenerModel {
  protocol: Protocol;
  port: number;
}

interface RuleModel {
  readonly listener: string;
  readonly match: Match;
  /**
   * Whether the rule responds itself: `now` by its properties, `still` because it did and no attachment was bound to it
   * since.
   */
  readonly responds: 'now' | 'still' | undefined;
}

export interface Match {
  readonly host?: string;
  readonly path?: string;
  readonly pathMatch?: 'exact';
}

/**
 * Weight of a target, and the time at which it was bound. If two attachments bind a target, the weight of the newer
 * binding counts.
 */
interface BoundTarget {
  readonly weight: number;
  readonly boundAt: number;
}

export interface AttachmentModel {
  readonly parent: { loadBalancerId: string } | { listenerId: string } | { ruleId: string };
  readonly targets: Map<string, BoundTarget>;
}

export class WalkModel {
  readonly listeners = new Map<string, ListenerModel>();
  readonly rules = new Map<string, RuleModel>();
  readonly attachments = new Map<string, AttachmentModel>();
  #now = 0;

  /** Replaces the targets of an attachment. A target that was already bound keeps the time of its binding. */
  setTargets(id: string, parent: AttachmentModel['parent'], weights: ReadonlyMap<string, number>): void {
    const present = this.attachments.get(id)?.targets;
    const boundNow = ++this.#now;
    const targets = [...weights].map(([name, weight]): [string, BoundTarget] => [
      name,
      { weight, boundAt: present?.get(name)?.boundAt ?? boundNow },
    ]);
    this.attachments.set(id, { parent, targets: new Map(targets) });
    const rule = 'ruleId' in parent ? this.rules.get(parent.ruleId) : undefined;
    if ('ruleId' in parent && rule) this.rules.set(parent.ruleId, { ...rule, responds: undefined });
  }

  setRule(id: string, listener: string, match: Match, responds: boolean): void {
    const before = this.rules.get(id)?.responds;
    const isStill = before !== undefined && this.attachmentsOf({ ruleId: id }).length === 0;
    this.rules.set(id, { listener, match, responds: responds ? 'now' : isStill ? 'still' : undefined });
  }

  /** Whether targets may be bound to the parent: not to a rule that responds itself. */
  takesTargets(parent: AttachmentModel['parent']): boolean {
    return !('ruleId' in parent) || this.rules.get(parent.ruleId)?.responds !== 'now';
  }

  isHttp(listener: string): boolean {
    return this.listeners.get(listener)?.protocol.startsWith('HTTP') ?? false;
  }

  rulesOf(listener: string): string[] {
    return [...this.rules].filter(([, rule]) => rule.listener === listener).map(([id]) => id);
  }

  attachmentsOf(parent: AttachmentModel['parent']): string[] {
    const [wanted] = Object.entries(parent);
    return [...this.attachments]
      .filter(([, attachment]) => String(Object.entries(attachment.parent)[0]) === String(wanted))
      .map(([id]) => id);
  }

  /** Weights of the targets for TCP clients, UDP clients and requests that match no rule. */
  ofListener(listener: string): Map<string, number> {
    const own = this.attachmentsOf({ listenerId: listener });
    return this.#weights(own.length > 0 ? own : this.attachmentsOf({ loadBalancerId: 'lb' }));
  }

  /** The weights of the targets for a request. Returns `undefined` if a rule responds itself. */
  ofRequest(listener: string, host: string, path: string): Map<string, number> | undefined {
    const taking = this.rulesOf(listener)
      .filter((id) => this.attachmentsOf({ ruleId: id }).length > 0 || this.rules.get(id)?.responds !== undefined)
      .map((id) => ({ id, match: this.rules.get(id)?.match ?? {} }))
      .filter(({ match }) => takesHost(match, host) && takesPath(match, path))
      .sort((a, b) => rank(b.match) - rank(a.match));
    const [first] = taking;
    if (first === undefined) return this.ofListener(listener);
    if (this.rules.get(first.id)?.responds !== undefined) return undefined;
    return this.#weights(this.attachmentsOf({ ruleId: first.id }));
  }

  #weights(attachments: readonly string[]): Map<string, number> {
    const bound = attachments.flatMap((id) => [...(this.attachments.get(id)?.targets ?? [])]);
    const oldestFirst = bound.toSorted(([, a], [, b]) => a.boundAt - b.boundAt);
    return new Map(oldestFirst.map(([name, { weight }]) => [name, weight]));
  }
}

function takesHost({ host }: Match, asked: string): boolean {
  if (host === undefined) return true;
  return host.startsWith('*') ? asked.endsWith(host.slice(1)) && asked.length >= host.length : asked === host;
}

function takesPath({ path, pathMatch }: Match, asked: string): boolean {
  if (path === undefined) return true;
  return asked === path || (pathMatch !== 'exact' && asked.startsWith(`${path}/`));
}

/**
 * Rank of a rule among those that match: first by host (exact before wildcard), then by path (exact before prefix); a
 * longer match ranks higher.
 */
function rank({ host, path, pathMatch }: Match): number {
  const ofHost = host === undefined ? 0 : host.startsWith('*') ? host.length : 500;
  const ofPath = path === undefined ? 0 : pathMatch === 'exact' ? 500 : path.length;
  return ofHost * 1_000 + ofPath;
}
