// Makes the stack ready for a Pulumi command: it exists, and its configuration says what this machine is like.
import { BACKENDS, LISTENERS, settlePort } from './ports.ts';
import { isRunning } from './processes.ts';
import { configure, makeStack } from './pulumi.ts';
import { type DemoRecord, saveRecord } from './record.ts';
import { listenersOf, responds, runtimeEndpointOf } from './runtime.ts';
import { stackConfig } from './stack-config.ts';

/** Responses with what to show. */
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
  return isNew ? 'dev, made' : 'dev';
}

/** What the runtime itself listens on; a listener that it could not open has an error. */
async function openPorts(record: DemoRecord): Promise<Set<number | undefined>> {
  const listeners = await listenersOf(record);
  const open = listeners.filter(({ lastError }) => lastError === undefined);
  return new Set(open.map(({ endpoint }) => Number(new URL(endpoint).port)));
}
