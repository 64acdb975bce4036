// From the name of an algorithm to its picker.
import type { Algorithm } from '../contract/snapshot.ts';
import type { PickableTarget, Picker } from './picker.ts';
import type { PickingState } from './picking-state.ts';
import { SourceIpHash } from './source-ip-hash.ts';
import { WeightedLeastConnections } from './weighted-least-connections.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

/** Targets of weight 0 may be among `eligible`, and are never picked. */
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
