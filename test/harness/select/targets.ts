// Targets for tests of pickers, whose connections the test sets.
import type { PickableTarget, Picker } from '../../../provider/runtime/select/picker.ts';
import {
  CREDIT_SLOTS,
  createPickingState,
  NO_SLOT,
  PickingState,
} from '../../../provider/runtime/select/picking-state.ts';

export interface TestTarget extends PickableTarget {
  connections: number;
}

/** Targets named t0, t1, and so on. Targets beyond CREDIT_SLOTS have no slot. */
export function testTargets(weights: readonly number[]): TestTarget[] {
  return weights.map((weight, i) => ({
    key: `t${i}`,
    pickingWeight: weight,
    slot: i < CREDIT_SLOTS ? i : NO_SLOT,
    connections: 0,
  }));
}

export function pickingStateOf(): PickingState {
  return new PickingState(createPickingState(), 0);
}

export function client(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

/** How often each target was picked, by target key. */
export function counts(picks: readonly (PickableTarget | undefined)[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const pick of picks) if (pick) result[pick.key] = (result[pick.key] ?? 0) + 1;
  return result;
}

/** Returns the target that the picker chooses for each of `clients` clients. */
export function picksOf<T extends PickableTarget>(picker: Picker<T>, clients: number): (T | undefined)[] {
  return Array.from({ length: clients }, (_, index) => picker.pick(client(index)));
}
