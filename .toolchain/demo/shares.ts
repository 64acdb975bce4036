// Compares what each target of a listener should have got by its weight with what it got, the heaviest first. Pure.
import type { ListenerStatus } from './runtime.ts';
import type { Tally } from './traffic.ts';

export interface Share {
  readonly name: string;
  readonly weight: number;
  /** Of all that was sent, 0-1. */
  readonly due: number;
  readonly got: number;
  /** Why nothing is due to it, where its weight alone does not say so. */
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
