// The error message that provider/errors.md shows as an example.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misprint } from '../../harness/documents/printed.ts';
import { tour } from '../../harness/documents/tour.ts';
import { stackWorldOf } from '../../harness/stack/world.ts';

test('`pulumi up` prints the error that provider/errors.md shows, if a server is in another zone', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const place = { region: 'r1', vpcId: 'v1' };
  await runtime.done('PUT', '/v1/backend-servers/i-1', { ...place, zoneId: 'z2', addresses: ['127.0.0.1'] });
  stack.write(`
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', region: 'r1', vpcId: 'v1', zoneId: 'z1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port} });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { t: { serverId: 'i-1', port: 80 } } });
`);
  const printed = await stack.upFails();
  const shown =
    'error: targets.t cannot be bound: server i-1 is in zone z2, and the load balancer in z1 (Mismatched.ZoneId, request ...)';
  await tour(t, 'provider/errors.md', {
    drawings: { [shown]: (text) => assert.equal(misprint(`...\n${text}...`, printed), undefined, printed) },
  });
});
