// The three sample backends of the quick start, each of which is started if it does not run.
import { BACKENDS, settlePort } from './ports.ts';
import { end, isRunning, start } from './processes.ts';
import { type DemoRecord, saveRecord } from './record.ts';

/** Starts the backends that do not run. Resolves to their names. */
export async function startBackends(record: DemoRecord): Promise<string[]> {
  const started: string[] = [];
  for (const name of BACKENDS) {
    if (await isRunning(record.processes[name])) continue;
    await startBackend(record, name);
    started.push(name);
  }
  return started;
}

export async function endBackends({ processes }: DemoRecord): Promise<void> {
  await Promise.all(BACKENDS.map((name) => end(processes[name])));
}

async function startBackend(record: DemoRecord, name: (typeof BACKENDS)[number]): Promise<void> {
  const port = await settlePort(record, name);
  await start({
    name,
    script: 'examples/backend.ts',
    args: [name, `${port}`],
    ready: /^ready /m,
    onStarted(started) {
      record.processes[name] = started;
      saveRecord(record);
    },
  });
}
