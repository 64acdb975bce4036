// A classic load balancer: targets are bound to the load balancer itself, and serve each of its listeners.
//
//     for n in 2 3; do for port in 9131 9132; do node ../backend.ts store$n $port 127.0.0.$n & done; done
//     pulumi stack init dev
//     pulumi up
//     pulumi config set store3Weight 0 && pulumi up      # store3 gets no new connections; open ones stay
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();
const port = (name: string, usual: number) => config.getNumber(name) ?? usual;

const lb = new weir.LoadBalancer('store', { type: 'classic', address: '127.0.0.1' });

// Targets of a classic load balancer have no ports: each listener connects to its own `backendPort` at every target.
for (const [name, usual, backend] of [
  ['read', 8131, 9131],
  ['write', 8132, 9132],
] as const) {
  new weir.Listener(name, {
    loadBalancerId: lb.id,
    protocol: 'TCP',
    port: port(`${name}Port`, usual),
    backendPort: port(`${name}BackendPort`, backend),
    healthCheck: { intervalSeconds: 1 },
  });
}

new weir.TargetAttachment('stores', {
  loadBalancerId: lb.id,
  targets: {
    store2: { address: '127.0.0.2', weight: 50 },
    store3: { address: '127.0.0.3', weight: config.getNumber('store3Weight') ?? 50 },
  },
});
