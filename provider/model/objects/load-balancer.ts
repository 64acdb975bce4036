// The properties of a load balancer: a virtual IP that listeners share.
import { z } from 'zod';
import { ipAddress, placeName, tags } from './network.ts';
import { ownerPatterns } from './owner-patterns.ts';

export const loadBalancerSchema = z.strictObject({
  type: z.enum(['application', 'classic'], 'must be "application" or "classic"').default('application'),
  address: ipAddress.optional(),
  region: placeName.optional(),
  vpcId: placeName.optional(),
  zoneId: placeName.optional(),
  performance: z.enum(['shared', 'guaranteed'], 'must be "shared" or "guaranteed"').default('shared'),
  deletionProtection: z.boolean('must be true or false').default(false),
  /** The stacks that may have objects below this one, beside the stack that owns it. `undefined` means none. */
  sharedWith: ownerPatterns.optional(),
  tags: tags.optional(),
});
