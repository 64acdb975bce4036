// The load balancer as a resource: only another type makes another one, and a protected one is not replaced.
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
