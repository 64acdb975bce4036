// Two stacks, the platform's: the load balancer and a listener, which applications share for rules of their own.
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
  // Each stack of the application's project may have rules here, and no other project.
  sharedWith: ['weir-application/*'],
});

export const url = http.endpoint;
export const listenerId = http.id;
