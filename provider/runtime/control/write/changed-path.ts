// The property of a written parent that changes where the runtime connects to for its targets.
import { healthCheckOf } from '../../../model/objects/listener.ts';
import type { Model } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import type { CheckedPlace } from './connections.ts';

/** The path of the first changed property that decides connections to targets. Returns "" for another kind. */
export function changedPath(before: Model, written: StoredObject): string {
  switch (written.kind) {
    case 'load-balancers': {
      const was = before.get('load-balancers', written.id)?.properties;
      return was?.type === written.properties.type ? 'address' : 'type';
    }
    case 'listeners': {
      const was = before.get('listeners', written.id)?.properties;
      const next = written.properties;
      if (was?.loadBalancerId !== next.loadBalancerId) return 'loadBalancerId';
      if (was.protocol !== next.protocol) return 'protocol';
      if (was.backendPort !== next.backendPort) return 'backendPort';
      return isSameCheck(healthCheckOf(was), healthCheckOf(next)) ? 'port' : 'healthCheck.port';
    }
    case 'rules': {
      const was = before.get('rules', written.id)?.properties;
      return was?.listenerId === written.properties.listenerId ? 'healthCheck.port' : 'listenerId';
    }
    default:
      return '';
  }
}

function isSameCheck(a: CheckedPlace, b: CheckedPlace): boolean {
  return a.protocol === b.protocol && a.port === b.port;
}
