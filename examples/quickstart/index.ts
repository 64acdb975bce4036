// The quick start: three sample backends behind one load balancer, over HTTP and over TCP.
//
// `npm run up` starts a runtime and the backends, runs `pulumi up` on this program and shows which backend responded.
// Change a weight below, then run `npm run preview` and `npm run up` again. By hand, on a runtime of your own:
//
//     node ../backend.ts blue 9001 & node ../backend.ts green 9002 & node ../backend.ts amber 9003 &
//     pulumi stack init dev
//     pulumi up
//     curl http://127.0.0.1:8080/
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

// Every port can be configured, so that `npm run up` can choose another one where the usual one is taken.
const config = new pulumi.Config();
const port = (name: string, usual: number) => config.getNumber(name) ?? usual;

// Each backend is one process, which responds to HTTP requests and to lines over plain TCP on the same port.
const blue = { address: '127.0.0.1', port: port('bluePort', 9001) };
const green = { address: '127.0.0.1', port: port('greenPort', 9002) };
const amber = { address: '127.0.0.1', port: port('amberPort', 9003) };

// A load balancer has an address. Its listeners accept traffic there, each on a port of its own.
const lb = new weir.LoadBalancer('quickstart', { address: '127.0.0.1' });

const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: port('httpPort', 8080),
  // A target takes traffic while it responds to `GET /` with a status from 200 to 399.
  healthCheck: { protocol: 'HTTP', path: '/', intervalSeconds: 1 },
});

const tcp = new weir.Listener('tcp', {
  loadBalancerId: lb.id,
  protocol: 'TCP',
  port: port('tcpPort', 9000),
  // Without a protocol of its own, a health check opens a TCP connection.
  healthCheck: { intervalSeconds: 1 },
});

// An attachment binds targets to a listener. The names are yours: another weight under the same name is an update of
// that target, and a name that is removed is unbound. A target gets its weight's part of the sum of all weights, here
// 50, 30 and 20 percent of the requests. A weight is from 0 to 100; a target of weight 0 gets no new requests.
new weir.TargetAttachment('http', {
  listenerId: http.id,
  targets: {
    blue: { ...blue, weight: 50 },
    green: { ...green, weight: 30 },
    amber: { ...amber, weight: 20 },
  },
});

// A TCP listener distributes connections in place of requests.
new weir.TargetAttachment('tcp', {
  listenerId: tcp.id,
  targets: {
    blue: { ...blue, weight: 50 },
    green: { ...green, weight: 25 },
    amber: { ...amber, weight: 25 },
  },
});

// `pulumi up` prints these two outputs at its end.
export const httpEndpoint = http.endpoint;
export const tcpEndpoint = tcp.endpoint;
