// The stack's configuration for this machine: the endpoint of its runtime, and the ports of its listeners and backends.
import { BACKENDS, LISTENERS } from './ports.ts';

export function stackConfig(endpoint: string, ports: Readonly<{ [name: string]: number }>): { [key: string]: string } {
  const named = [...LISTENERS, ...BACKENDS].map((name) => [`weir-quickstart:${name}Port`, `${ports[name]}`]);
  return { 'weir:endpoint': endpoint, ...Object.fromEntries(named) };
}
