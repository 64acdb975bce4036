// The resource LoadBalancer: a change of its type replaces it, which a protected load balancer refuses.
import { loadBalancerSchema } from '../model/objects/load-balancer.ts';
import type { ResourceDescription } from './description.ts';

export const loadBalancer: ResourceDescription<'load-balancers'> = {
  type: 'LoadBalancer',
  kind: 'load-balancers',
  schema: loadBalancerSchema,
  identity: ['type'],
  outputs: ['vip'],
  refusesReplacement: (olds) =>
    olds.deletionProtection === true
      ? 'it has deletionProtection: set that to false and run `pulumi up` first'
      : undefined,
};
