// The share of traffic that each target of a listener was due by its weight, and the share that it got, heaviest first.
import type { ListenerStatus } from './runtime.ts';
import type { Tally } from './traffic.ts';

export interface Share {
  readonly name: string;
  readonly weight: number;
  /** Share of all requests that was due to the target by its weight, from 0 to 1. */
  readonly due: number;
  /** Share of all requests that the target got, from 0 to 1. */
  readonly got: number;
  /**
   * The reason why nothing was due to the target, such as its health. Empty if traffic was due, or if the weight is 0.
   */
  readonly remark: string;
}

export function sharesOf(targets: ListenerStatus['targets'], tally: Tally): Share[] {
  const total = targets.filter(takesTraffic).reduce((sum, { weight }) => sum + weight, 0);
  const heaviestFirst = [...targets].sort((one, other) => other.weight - one.weight);
  return heaviestFirst.map((target) => ({
    name: target.name,
    weight: target.weight,
    due: takesTraffic(target) ? target.weight / total : 0,
    got: (tally.byPort.get(target.port) ?? 0) / tally.sent,
    remark: target.weight === 0 || takesTraffic(target) ? '' : remarkOf(target),
  }));
}

function takesTraffic({ weight, health }: ListenerStatus['targets'][number]): boolean {
  return weight > 0 && (health === 'healthy' || health === 'unchecked');
}

function remarkOf({ health, lastError }: ListenerStatus['targets'][number]): string {
  return lastError === undefined ? health : `${health}: ${lastError}`;
}
