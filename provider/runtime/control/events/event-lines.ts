// The lines of the runtime's log about events: health changes, writes, listeners, ended leases and replaced workers.
import type { RuntimeEvent } from '../../../model/api/events.ts';
import type { WriteLine } from './limited-log.ts';

export function logEvent(log: WriteLine, event: RuntimeEvent): void {
  switch (event.type) {
    case 'health': {
      const { listener, rule, target, name: targetName, health, lastError } = event;
      const fields = { listener, rule, target, targetName, lastError };
      log(health === 'unhealthy' ? 'warn' : 'info', `a target is ${health}`, fields);
      return;
    }
    case 'write': {
      const { version, kind, id, action } = event;
      log('debug', 'an object was written', { version, kind, id, action });
      return;
    }
    case 'listener': {
      const { listenerId } = event;
      if (event.state === 'refused') log('warn', 'a listener cannot be opened', { listenerId, problem: event.problem });
      else log('info', 'a listener that could not be opened is open', { listenerId });
      return;
    }
    case 'lease': {
      const { group, server, ttlSeconds } = event;
      log('warn', 'a lease ended: the server is no longer a member', { group, server, ttlSeconds });
      return;
    }
    case 'worker':
      // The engine itself logs that a worker ended, and why.
      if (event.state === 'serving') log('info', 'a worker was replaced: the new one serves', { worker: event.id });
  }
}
