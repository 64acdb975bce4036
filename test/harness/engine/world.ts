// The world of one engine test: an engine, targets and clients that end with the test.
import type * as net from 'node:net';
import type { TestContext } from 'node:test';
import type { PassiveReport } from '../../../provider/runtime/contract/engine.ts';
import type { ListenerSnapshot, TargetSnapshot } from '../../../provider/runtime/contract/snapshot.ts';
import {
  echoTarget,
  engineOf,
  freePort,
  listenerSnapshot,
  listenOn,
  serve as serveSnapshot,
  snapshot as snapshotOf,
  TcpClient,
  UNCHECKED,
  visit,
} from './fixtures.ts';

interface WorldOptions {
  readonly workers?: number;
  readonly onPassive?: (report: PassiveReport) => void;
}

export function engineWorldOf(t: TestContext, { workers = 2, onPassive }: WorldOptions = {}) {
  const engine = engineOf(t, workers, onPassive);
  let version = 0;
  /** Returns a snapshot of these listeners with the next version. */
  const snapshot = (listeners: readonly ListenerSnapshot[]) => snapshotOf(++version, listeners);
  /** Serves these listeners as the next version, and fails if one of them is refused. */
  const serve = (listeners: readonly ListenerSnapshot[], health = UNCHECKED) =>
    serveSnapshot(engine, snapshot(listeners), health);
  return {
    engine,
    snapshot,
    serve,
    /**
     * Serves the targets with the listener `web`; `more` overrides properties of the listener. Returns the listener's
     * port.
     */
    serveWeb: async (targets: readonly TargetSnapshot[], more: Partial<ListenerSnapshot> = {}) => {
      const port = await freePort();
      await serve([listenerSnapshot('web', port, targets, more)]);
      return port;
    },
    /** A TCP target that sends its name first and then echoes all bytes. */
    echo: (name: string, port?: number) => echoTarget(t, name, port),
    /** Makes the server listen, so that it can be used as a target. Returns the server's port. */
    listen: (server: net.Server, address?: string, port?: number) => listenOn(t, server, address, port),
    connect: (port: number, address?: string) => new TcpClient(t, port, address),
    /** The name of the target that a new connection reaches. */
    visit: (port: number) => visit(t, port),
  };
}
