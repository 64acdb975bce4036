// Stack programs for tests, written as a user writes them.

interface ProgramOptions {
  port: number;
  targets: Record<string, object>;
  /** Properties of the listener in addition to its parent, protocol and port. */
  listener?: object;
  /** Properties of the attachment in addition to its listener and targets. */
  attachment?: object;
}

/** Returns a program with a load balancer `lb`, an HTTP listener `web` and an attachment `pool`. */
export function webProgram({ port, targets, listener = {}, attachment = {} }: ProgramOptions): string {
  const checked = { healthCheck: { intervalSeconds: 0.2 }, ...listener };
  return `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, ...${JSON.stringify(checked)} });
const pool = new weir.TargetAttachment('pool', { listenerId: web.id, targets: ${JSON.stringify(targets)}, ...${JSON.stringify(attachment)} });
export const vip = lb.vip;
export const endpoint = web.endpoint;
export const pid = pool.id;
`;
}
