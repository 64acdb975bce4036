// The endpoint at which clients reach a listener, as outputs, status and plans write it.
import { targetKey } from './target-key.ts';

/** The endpoint of a listener, such as "http://127.0.0.1:8080" or "tcp://[::1]:9000". */
export function endpointOf(protocol: string, vip: string, port: number): string {
  return `${protocol.toLowerCase()}://${targetKey(vip, port)}`;
}
