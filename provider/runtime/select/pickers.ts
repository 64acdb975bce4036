// The table of balancing algorithms: which picker implements each name.
import type { Algorithm } from '../contract/snapshot.ts';
import type { PickableTarget, Picker } from './picker.ts';
import type { PickingState } from './picking-state.ts';
import { SourceIpHash } from './source-ip-hash.ts';
import { WeightedLeastConnections } from './weighted-least-connections.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

/** Makes the picker of a target group. `eligible` may contain targets with weight 0; they are never picked. */
export function createPicker<T extends PickableTarget>(
  algorithm: Algorithm,
  eligible: readonly T[],
  pickingState: PickingState,
): Picker<T> {
  const targets = eligible.filter(({ pickingWeight }) => pickingWeight > 0);
  switch (algorithm) {
    case 'weighted-round-robin':
      return new WeightedRoundRobin(targets, pickingState);
    case 'weighted-least-connections':
      return new WeightedLeastConnections(targets, pickingState);
    case 'source-ip-hash':
      return new SourceIpHash(targets);
  }
}
