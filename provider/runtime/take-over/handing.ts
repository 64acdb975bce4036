// The steps of a hand-over in a runtime with the embedded engine.
import type { AddressInfo, Server } from 'node:net';
import type { ControlPlane } from '../control/control-plane.ts';
import type { EmbeddedEngine } from '../embedded/engine.ts';
import { type Handle, handlesObstacle } from '../handles/bindings.ts';
import type { HandedData } from '../store/directory/handed-data.ts';
import { changesTo } from '../stored/changes-to.ts';
import type { HandingRuntime } from './handing-runtime.ts';
import { leftConnections } from './left-connections.ts';
import type { Predecessor } from './predecessor.ts';

export interface HandOverOptions {
  /** How long connections may go on when another process has taken over. */
  readonly leaveMs: number;
  /** Called when another process has taken over and the last connection here has ended. */
  readonly onLeft: () => void;
  /** Called when another process had taken over and has ended before the last connection here. */
  readonly onAbandoned: () => void;
}

interface HandingOptions {
  readonly control: ControlPlane;
  readonly engine: EmbeddedEngine;
  readonly data: HandedData;
  readonly api: { readonly host: string; readonly server: Server };
  readonly predecessor: Predecessor | undefined;
  /** Lets requests and connections under way finish, and ends the runtime; called when it accepts no more. */
  readonly finish: (options: HandOverOptions, replaced: Promise<void>) => void;
  readonly options: HandOverOptions;
}

export function handingRuntime(options: HandingOptions): HandingRuntime {
  const { control, engine, data, api, predecessor } = options;
  const replaced = Promise.withResolvers<void>();
  return {
    obstacle: () => {
      if (engine.sockets === undefined) return `sockets cannot be passed: ${handlesObstacle}`;
      if (predecessor === undefined || predecessor.isGone) return undefined;
      return `process ${predecessor.pid}, from which this one has taken over, still lets its connections finish`;
    },
    pause: async () => {
      if (data.isReleased) return;
      await control.pause();
      data.store.pause();
    },
    handed: async () => {
      const { port } = api.server.address() as AddressInfo;
      const { _handle: handle } = api.server as Server & { _handle: Handle };
      return { sockets: engine.sockets ?? [], api: { host: api.host, port, handle }, carried: await engine.carried() };
    },
    release: () => data.release(),
    goOn: async (waitMs) => {
      const stored = await data.takeBack(waitMs);
      if (stored !== undefined && stored.version !== control.model.version)
        await control.follow(stored.version, changesTo(control.model, stored));
      control.resume();
    },
    stranded: (fault) => data.store.setFault(fault),
    leave: async () => {
      data.store.retire();
      const leases = control.leases.carried();
      control.retire();
      // The API's socket is passed on already: the other process accepts what waits at it.
      api.server.close();
      await engine.closeToClients();
      options.finish(options.options, replaced.promise);
      return leases;
    },
    replaced: replaced.resolve,
    follow: (version, changes) => control.follow(version, changes),
    left: () => leftConnections(engine, control.compiled.snapshot),
    abandoned: options.options.onAbandoned,
  };
}
