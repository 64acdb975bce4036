// How clients are made: from the stack's configuration for the providers, from the environment for the command line.
import { RuntimeClient } from './client.ts';
import { type Config, settingsOf } from './settings.ts';

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
 * A new client for the command line, of the runtime at WEIR_ENDPOINT. `ca`: PEM file of the option `--ca`, in place of
 * WEIR_CA. Rejects if no runtime responds there; the next call then asks again.
 */
export async function connectClient(ca?: string): Promise<RuntimeClient> {
  const client = new RuntimeClient(settingsOf({ get: () => undefined }, withCa(ca), 'command line'));
  await client.runtimeId();
  return client;
}

/**
 * A new client of the runtime that the configuration or the environment names. Returns `undefined` if neither names
 * one.
 */
export function clientIfSet(config: Config, ca?: string): RuntimeClient | undefined {
  const withoutCa: Config = { get: (key) => (key === 'weir:ca' && ca !== undefined ? undefined : config.get(key)) };
  const settings = settingsOf(withoutCa, withCa(ca));
  return settings.endpointSource === 'default' ? undefined : new RuntimeClient(settings);
}

/** The environment with the authority that the command line names. */
function withCa(ca: string | undefined): NodeJS.ProcessEnv {
  return ca === undefined ? process.env : { ...process.env, WEIR_CA: ca };
}
