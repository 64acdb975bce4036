// Prepares the stack for a Pulumi command: the stack exists, and its configuration fits this machine.
import { BACKENDS, LISTENERS, settlePort } from './ports.ts';
import { isRunning } from './processes.ts';
import { configure, makeStack } from './pulumi.ts';
import { type DemoRecord, saveRecord } from './record.ts';
import { listenersOf, responds, runtimeEndpointOf } from './runtime.ts';
import { stackConfig } from './stack-config.ts';

/** Prepares the stack. Resolves to the text that is shown for this step. */
export async function prepareStack(record: DemoRecord): Promise<string> {
  const isRuntimeUp = await responds(record);
  if (!isRuntimeUp) await settlePort(record, 'runtime');
  for (const name of BACKENDS) {
    if (!(await isRunning(record.processes[name]))) await settlePort(record, name);
  }
  const open = isRuntimeUp ? await openPorts(record) : new Set();
  for (const name of LISTENERS) {
    if (!open.has(record.ports[name])) await settlePort(record, name);
  }
  saveRecord(record);
  const isNew = await makeStack();
  await configure(record, stackConfig(runtimeEndpointOf(record), record.ports));
  return isNew ? 'dev, created' : 'dev';
}

/** The ports on which the runtime itself listens. A listener that could not be opened has an error and is left out. */
async function openPorts(record: DemoRecord): Promise<Set<number | undefined>> {
  const listeners = await listenersOf(record);
  const open = listeners.filter(({ lastError }) => lastError === undefined);
  return new Set(open.map(({ endpoint }) => Number(new URL(endpoint).port)));
}
