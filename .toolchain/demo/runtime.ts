// The runtime of the quick start: `weir serve` with its data in the ignored folder, started if it does not respond.
import { readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { StatusResponse } from '../../provider/model/api/status.ts';
import { DemoError } from './failure.ts';
import { FOLDER, shown } from './folder.ts';
import { settlePort } from './ports.ts';
import { end, isRunning, start } from './processes.ts';
import { type DemoRecord, saveRecord } from './record.ts';

const DATA = path.join(FOLDER, 'runtime');
const RESPONSE_MS = 5_000;

export type ListenerStatus = StatusResponse['listeners'][number];

export function runtimeEndpointOf({ ports }: DemoRecord): string {
  return `http://127.0.0.1:${ports.runtime}`;
}

/** The administrator's token, which a user would give as WEIR_TOKEN. Returns `undefined` before the first start. */
export function adminToken(): string | undefined {
  try {
    return readFileSync(path.join(DATA, 'admin-token'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Starts the runtime if it does not respond. Resolves to whether it was started. */
export async function startDemoRuntime(record: DemoRecord): Promise<boolean> {
  if (await responds(record)) return false;
  // The old runtime may live without responding, for example because it hangs. It can be ended, because its database
  // contains every acknowledged write.
  await end(record.processes.runtime);
  const port = await settlePort(record, 'runtime');
  await start({
    name: 'runtime',
    script: 'provider/cli/main.ts',
    args: ['serve', '--data', DATA, '--api', `127.0.0.1:${port}`],
    ready: /^weir ready /m,
    onStarted(started) {
      record.processes.runtime = started;
      saveRecord(record);
    },
  });
  record.runtimeId = (await askHealth(record))?.headers.get('x-weir-runtime') ?? undefined;
  saveRecord(record);
  return true;
}

export async function endRuntime(record: DemoRecord): Promise<void> {
  await end(record.processes.runtime);
  // The runtime has stored its administrator's token in this user's home folder. The runtime is gone for good, and so
  // its token goes too.
  if (record.runtimeId !== undefined && /^[\w-]+$/.test(record.runtimeId)) {
    rmSync(path.join(homedir(), '.weir', record.runtimeId), { recursive: true, force: true });
  }
}

/** Whether the quick start's own runtime responds, and not another process on its port. */
export async function responds(record: DemoRecord): Promise<boolean> {
  if (!(await isRunning(record.processes.runtime))) return false;
  return (await askHealth(record)) !== undefined;
}

/** The listeners of the runtime, with the weight and health of every target. */
export async function listenersOf(record: DemoRecord): Promise<ListenerStatus[]> {
  const headers = { authorization: `Bearer ${adminToken()}` };
  const signal = AbortSignal.timeout(RESPONSE_MS);
  const response = await fetch(`${runtimeEndpointOf(record)}/v1/status`, { headers, signal }).catch((error) => {
    throw new DemoError(`the runtime at ${runtimeEndpointOf(record)} does not respond: ${error.message}; ${LOOK}`);
  });
  if (!response.ok) throw new DemoError(`the runtime responds to /v1/status with ${response.status}; ${LOOK}`);
  return ((await response.json()) as StatusResponse).listeners;
}

const LOOK = `its log is ${shown(path.join(FOLDER, 'runtime.log'))}; \`npm run up\` starts it again if it has ended`;

async function askHealth(record: DemoRecord): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(RESPONSE_MS);
  return fetch(`${runtimeEndpointOf(record)}/healthz`, { signal }).catch(() => undefined);
}
