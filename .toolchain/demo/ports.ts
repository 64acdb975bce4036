// The ports of the quick start: the usual ones if they are free, else others, which are then kept.
import net from 'node:net';
import { DemoError } from './failure.ts';
import type { DemoRecord } from './record.ts';

/** The usual ports of the quick start. Those of listeners and backends are also the defaults in the stack's program. */
const USUAL = { runtime: 7400, http: 8080, tcp: 9000, blue: 9001, green: 9002, amber: 9003 } as const;

type PortName = keyof typeof USUAL;

/** The listeners of the quick start, by their names in its stack. */
export const LISTENERS = ['http', 'tcp'] as const satisfies readonly PortName[];
/** The sample backends of the quick start, by their names in its stack. */
export const BACKENDS = ['blue', 'green', 'amber'] as const satisfies readonly PortName[];

const TRIES = 50;

/**
 * Chooses the port for a process or listener that does not have it open now. Another program may have taken the kept
 * port.
 */
export async function settlePort({ ports }: DemoRecord, name: PortName): Promise<number> {
  const { [name]: kept = USUAL[name], ...others } = ports;
  const port = await freePortFrom(kept, new Set(Object.values(others)));
  ports[name] = port;
  return port;
}

/** Returns the first port from `wanted` on that is free and not among `others`. */
export async function freePortFrom(wanted: number, others: ReadonlySet<number>): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + TRIES, 65_536); port++) {
    if (!others.has(port) && (await isFree(port))) return port;
  }
  throw new DemoError(`no port from ${wanted} to ${wanted + TRIES - 1} is free on 127.0.0.1: free one of them`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // This server listens without reusePort. With reusePort, the system would let it share the port of another runtime,
    // and the port would seem free.
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
