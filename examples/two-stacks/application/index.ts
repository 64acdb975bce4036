// Two stacks, the application's: a forwarding rule and its targets, on the listener that the platform's stack exports.
//
//     node ../../backend.ts cart1 9151 & node ../../backend.ts cart2 9152 &
//     export WEIR_TOKEN=$(weir token create cart --owners "weir-application/*" \
//       --allow "slb:CreateRule on listener/http-*" --allow "slb:* on rule/cart-*")
//     pulumi stack init dev
//     pulumi up
//     pulumi config set cart2Weight 10 && pulumi up
//
// The platform shares its listener with this project: without `sharedWith` there, `up` is refused. With its own token,
// this stack creates rules on the listener, changes and deletes only rules whose ids begin with `cart-`, and writes for
// no other project. While it is up, `pulumi destroy` of the platform fails and names this stack's rule.
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';

const config = new pulumi.Config();
const port = (name: string, usual: number) => config.getNumber(name) ?? usual;

const platform = new pulumi.StackReference(`${pulumi.getOrganization()}/weir-platform/${pulumi.getStack()}`);

const cart = new weir.ForwardingRule('cart', {
  listenerId: platform.requireOutput('listenerId'),
  path: '/cart',
  healthCheck: { protocol: 'HTTP', intervalSeconds: 1 },
});

new weir.TargetAttachment('cart', {
  ruleId: cart.id,
  targets: {
    cart1: { address: '127.0.0.1', port: port('cart1Port', 9151), weight: 50 },
    cart2: { address: '127.0.0.1', port: port('cart2Port', 9152), weight: config.getNumber('cart2Weight') ?? 50 },
  },
});
