// Canary: a new version beside the old one, and the percentage of the requests that it gets.
//
//     for n in 1 2 3; do node ../backend.ts old$n 916$n & node ../backend.ts new$n 917$n & done
//     pulumi stack init dev
//     pulumi up                                          # 10 % of the requests
//     pulumi config set percentage 50 && pulumi up       # then 100, or 0 to go back
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();
const target = (name: string, port: number) => ({
  address: '127.0.0.1',
  port: config.getNumber(`${name}Port`) ?? port,
});

const lb = new weir.LoadBalancer('canary', { address: '127.0.0.1' });
const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: config.getNumber('httpPort') ?? 8161,
  healthCheck: { protocol: 'HTTP', intervalSeconds: 1 },
});

// The component computes the weights: together, the targets of `new` get the percentage, and those of `old` the rest.
new weir.Canary('app', {
  listenerId: http.id,
  old: { old1: target('old1', 9161), old2: target('old2', 9162), old3: target('old3', 9163) },
  new: { new1: target('new1', 9171), new2: target('new2', 9172), new3: target('new3', 9173) },
  percentage: config.getNumber('percentage') ?? 10,
  awaitHealthySeconds: 30,
});

export const url = http.endpoint;
