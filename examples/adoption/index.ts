// Adoption: a stack takes over objects that were made by hand, and traffic goes on.
//
//     for n in 1 2; do node ../backend.ts app$n 914$n & done
//     node by-hand.ts                                    # with WEIR_TOKEN in the environment
//     pulumi stack init dev
//     pulumi up                                          # takes the objects over and changes nothing
//     pulumi config set app2Weight 100 && pulumi up      # from now on the stack says what runs
//
// `adopt` names the object to take over. Its properties must equal those in the program; otherwise `up` fails and names
// each difference. `npx pulumi-weir export` writes such a program for everything that a runtime has.
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();
const port = (name: string, usual: number) => config.getNumber(name) ?? usual;

const lb = new weir.LoadBalancer('legacy', { address: '127.0.0.1', adopt: 'legacy' });

const http = new weir.Listener('http', {
  loadBalancerId: lb.id,
  protocol: 'HTTP',
  port: port('httpPort', 8141),
  healthCheck: { protocol: 'HTTP', intervalSeconds: 1 },
  adopt: 'legacy-http',
});

new weir.TargetAttachment('app', {
  listenerId: http.id,
  targets: {
    app1: { address: '127.0.0.1', port: port('app1Port', 9141), weight: 50 },
    app2: { address: '127.0.0.1', port: port('app2Port', 9142), weight: config.getNumber('app2Weight') ?? 50 },
  },
  adopt: 'legacy-app',
});

export const url = http.endpoint;
