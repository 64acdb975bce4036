// The properties of a group attachment: an auto scaling group whose members take the traffic of what it is attached to.
import { z } from 'zod';
import { objectId, port } from './network.ts';
import { parentShape } from './parent.ts';
import { weight } from './target-attachment.ts';

export const groupAttachmentSchema = z.strictObject({
  groupId: objectId,
  ...parentShape,
  /** Of every member; none under a classic load balancer. */
  port: port.optional(),
  /** Of every member; unset is DEFAULT_WEIGHT. */
  weight: weight.optional(),
});
