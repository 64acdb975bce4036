// The way to a client: for the providers from the stack's configuration, for the command line from the environment.
import { RuntimeClient } from './client.ts';
import { type Config, settingsOf } from './settings.ts';

/** One for each set of settings in the process: the runtime is asked for its id once. */
const clients = new Map<string, RuntimeClient>();

export function clientOf(config: Config): RuntimeClient {
  const settings = settingsOf(config);
  const key = JSON.stringify(settings);
  const client = clients.get(key) ?? new RuntimeClient(settings);
  clients.set(key, client);
  return client;
}

/** A new client of the runtime at WEIR_ENDPOINT, which is there: after a failure the next one asks again. */
export async function connectClient(): Promise<RuntimeClient> {
  const client = new RuntimeClient(settingsOf({ get: () => undefined }));
  await client.runtimeId();
  return client;
}

/** Undefined where neither configuration nor environment says which runtime. */
export function clientIfSet(config: Config): RuntimeClient | undefined {
  const settings = settingsOf(config);
  return settings.endpointSource === 'default' ? undefined : new RuntimeClient(settings);
}
