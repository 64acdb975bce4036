// Auto scaling: the members of a group are the targets of every listener that the group is attached to.
//
//     for n in 1 2 3 99; do node ../backend.ts server$n 9121 127.0.0.$n & done
//     pulumi stack init dev
//     pulumi up                                          # one server takes traffic
//     pulumi config set size 3 && pulumi up              # three servers do
//     curl -X PUT -H "Authorization: Bearer $WEIR_TOKEN" http://127.0.0.1:7400$(pulumi stack output burstMember)
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();
const size = config.getNumber('size') ?? 1;
const port = config.getNumber('serverPort') ?? 9121;

const place = { region: 'local', vpcId: 'loopback' };
const server = (name: string, address: string) => new weir.BackendServer(name, { ...place, addresses: [address] });

const lb = new weir.LoadBalancer('app', { ...place, address: '127.0.0.1' });
const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: config.getNumber('httpPort') ?? 8121,
  healthCheck: { protocol: 'HTTP', intervalSeconds: 1 },
});

// The stack decides who is a member of this group: `size` servers.
const names = Array.from({ length: size }, (_, index) => `server${index + 1}`);
const base = new weir.AutoScalingGroup('base', {
  members: Object.fromEntries(names.map((name, index) => [name, server(name, `127.0.0.${index + 1}`).id])),
});
new weir.AutoScalingAttachment('base', { groupId: base.id, listenerId: http.id, port });

// Members of this group join and leave through the API, as an autoscaler makes them; `up` never removes one.
const burst = new weir.AutoScalingGroup('burst');
new weir.AutoScalingAttachment('burst', { groupId: burst.id, listenerId: http.id, port, weight: 50 });
const spare = server('spare', '127.0.0.99');

export const url = http.endpoint;
/** The path in the API at which PUT makes the spare server a member of `burst`, and DELETE removes it. */
export const burstMember = pulumi.interpolate`/v1/groups/${burst.id}/members/${spare.id}`;
