// How clients are made: from the stack's configuration for the providers, from options for the command line.
import { RuntimeClient } from './client.ts';
import { type Config, type Reach, settingsOf } from './settings.ts';

/** One client for each set of settings in the process, so that a runtime is asked for its id only once. */
const clients = new Map<string, RuntimeClient>();

export function clientOf(config: Config): RuntimeClient {
  const settings = settingsOf(config);
  const key = JSON.stringify(settings);
  const client = clients.get(key) ?? new RuntimeClient(settings);
  clients.set(key, client);
  return client;
}

/**
 * A new client of the runtime that a command's options or the environment name. Rejects if no runtime responds there;
 * the next call then asks again.
 */
export async function connectClient(reach: Reach): Promise<RuntimeClient> {
  const client = new RuntimeClient(settingsOf({ get: () => undefined }, process.env, 'command', reach));
  await client.runtimeId();
  return client;
}

/**
 * A new client of the runtime that the options, the configuration or the environment names. Returns `undefined` if none
 * of them names one.
 */
export function clientIfSet(config: Config, reach: Reach): RuntimeClient | undefined {
  const settings = settingsOf(config, process.env, 'plan', reach);
  return settings.endpointSource === 'default' ? undefined : new RuntimeClient(settings);
}
