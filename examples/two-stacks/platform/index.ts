// Two stacks, the platform's: the load balancer and a listener, on which applications have rules of their own.
//
//     pulumi stack init dev && pulumi up                 # then the same in ../application
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();

const lb = new weir.LoadBalancer('edge', { address: '127.0.0.1' });
const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: config.getNumber('httpPort') ?? 8151,
});

export const url = http.endpoint;
export const listenerId = http.id;
