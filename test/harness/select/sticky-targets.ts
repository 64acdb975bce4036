// Targets and clients for tests of sticky sessions.
import type { PickingClient, StickyTarget } from '../../../provider/runtime/select/stickiness.ts';

export interface TestStickyTarget extends StickyTarget {
  isPickable: boolean;
}

export function stickyTarget(number: number, key = `10.0.0.${number}:80`): TestStickyTarget {
  return { key, number, pickingWeight: 100, slot: number, connections: 0, isPickable: true };
}

export function requestOf(...lines: string[]): PickingClient {
  return { remoteAddress: '127.0.0.1', head: ['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n') };
}

export function clientAt(remoteAddress: string): PickingClient {
  return { remoteAddress };
}
