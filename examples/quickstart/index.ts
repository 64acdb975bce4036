// The stack of the quick start: change a weight here, then `npm run preview` and `npm run up`.
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

// Ports are configuration, so that `npm run up` can choose others where these are taken.
const config = new pulumi.Config();
const port = (name: string, usual: number) => config.getNumber(name) ?? usual;

const blue = { address: '127.0.0.1', port: port('bluePort', 9001) };
const green = { address: '127.0.0.1', port: port('greenPort', 9002) };
const amber = { address: '127.0.0.1', port: port('amberPort', 9003) };

const lb = new weir.LoadBalancer('quickstart', { address: '127.0.0.1' });

const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: port('httpPort', 8080),
  healthCheck: { protocol: 'HTTP', path: '/', intervalSeconds: 1 },
});

const tcp = new weir.Listener('tcp', {
  loadBalancerId: lb.id,
  protocol: 'TCP',
  port: port('tcpPort', 9000),
  healthCheck: { intervalSeconds: 1 },
});

// A target's share of the requests is its weight, 0-100, beside the other weights. 0: nothing new goes to it.
new weir.TargetAttachment('http', {
  listenerId: http.id,
  targets: {
    blue: { ...blue, weight: 50 },
    green: { ...green, weight: 30 },
    amber: { ...amber, weight: 20 },
  },
});

new weir.TargetAttachment('tcp', {
  listenerId: tcp.id,
  targets: {
    blue: { ...blue, weight: 50 },
    green: { ...green, weight: 25 },
    amber: { ...amber, weight: 25 },
  },
});

export const httpEndpoint = http.endpoint;
export const tcpEndpoint = tcp.endpoint;
