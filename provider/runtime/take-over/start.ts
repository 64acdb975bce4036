// The first and the last step of a process that takes over: the question, and the API's socket.
import type { FastifyInstance } from 'fastify';
import { type Handle, handlesObstacle } from '../handles/bindings.ts';
import { dataFiles } from '../store/data-files.ts';
import { rehearseOpening } from '../store/directory/rehearsal.ts';
import { Predecessor } from './predecessor.ts';

interface TakeOverOptions {
  readonly dataDirectory: string;
  readonly keyFile: string | undefined;
}

interface ApiAddress {
  readonly apiHost: string;
  readonly apiPort: number;
}

/** Handles whose descriptor a server of Node has. They are kept, because the descriptor closes with them. */
const KEPT: Handle[] = [];

/**
 * Asks the runtime of the data directory to hand over, and checks that this release can use its data. Returns `undefined`
 * if none is running. Throws an `Error` for the terminal if that runtime goes on.
 */
export async function askPredecessor({ dataDirectory, keyFile }: TakeOverOptions): Promise<Predecessor | undefined> {
  if (handlesObstacle !== undefined) throw new Error(`--take-over cannot be used here: ${handlesObstacle}`);
  const predecessor = await Predecessor.ask(dataFiles(dataDirectory).takeOverSocket);
  if (predecessor !== undefined && !predecessor.isGone) await rehearseOpening(dataDirectory, keyFile);
  return predecessor;
}

/** Listens at the address of the API, on the socket of the process before if it had the same address. */
export async function listenAt(
  api: FastifyInstance,
  { apiHost, apiPort }: ApiAddress,
  predecessor: Predecessor | undefined,
): Promise<void> {
  const inherited = predecessor?.api;
  if (inherited?.host === apiHost && [0, inherited.port].includes(apiPort)) {
    KEPT.push(inherited.handle);
    await api.listen({ fd: inherited.handle.fd } as object);
    return;
  }
  inherited?.handle.close();
  await api.listen({ host: apiHost, port: apiPort });
}
