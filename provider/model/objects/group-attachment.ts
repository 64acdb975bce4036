// The properties of a group attachment, which makes the members of an auto scaling group targets of its parent.
import { z } from 'zod';
import { objectId, port, tags } from './network.ts';
import { parentShape } from './parent.ts';
import { secondsOrZero } from './seconds.ts';
import { weight } from './target-attachment.ts';

export const groupAttachmentSchema = z.strictObject({
  groupId: objectId,
  ...parentShape,
  /** The port of every member of the auto scaling group. It must be unset under a classic load balancer. */
  port: port.optional(),
  /** The weight of every member of the auto scaling group. Unset means DEFAULT_WEIGHT. */
  weight: weight.optional(),
  awaitDrainSeconds: secondsOrZero.optional(),
  tags: tags.optional(),
});
