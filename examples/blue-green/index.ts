// Blue/green: two sets of servers behind one listener, and one word of configuration that says which one is live.
//
//     for n in 1 2; do node ../backend.ts blue$n 910$n & node ../backend.ts green$n 911$n & done
//     pulumi stack init dev
//     pulumi up
//     pulumi config set live green && pulumi up
//
// Both sets use the same target names. Therefore the second `up` is a hand-over: blue serves until every green target
// has passed a first check, then all of them are replaced at once and no request fails. If a green target does not pass
// its check within `handoverSeconds`, `up` fails and blue goes on serving.
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();
const port = (name: string, usual: number) => config.getNumber(name) ?? usual;

const sets = {
  blue: {
    app1: { address: '127.0.0.1', port: port('blue1Port', 9101) },
    app2: { address: '127.0.0.1', port: port('blue2Port', 9102) },
  },
  green: {
    app1: { address: '127.0.0.1', port: port('green1Port', 9111) },
    app2: { address: '127.0.0.1', port: port('green2Port', 9112) },
  },
};
const live = config.get<keyof typeof sets>('live', { allowedValues: ['blue', 'green'] }) ?? 'blue';

const lb = new weir.LoadBalancer('shop', { address: '127.0.0.1' });
const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: port('httpPort', 8101),
  healthCheck: { protocol: 'HTTP', intervalSeconds: 1 },
});
new weir.TargetAttachment('app', {
  listenerId: http.id,
  targets: sets[live],
  handoverSeconds: 10,
  awaitHealthySeconds: 30,
});

export const url = http.endpoint;
