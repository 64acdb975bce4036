// Which clients may use a listener, and how many connections and requests each second.
import { z } from 'zod';
import { cidr } from './network.ts';
import { wholeNumber } from './whole-number.ts';

const MAX_NETWORKS = 10_000;

const clientNetworks = z
  .array(cidr, 'must be a list of networks')
  .max(MAX_NETWORKS, `must have at most ${MAX_NETWORKS} networks`);

const rate = wholeNumber(1, 1_000_000);

/** The limits of a listener for its clients. */
export const clientLimits = {
  /** The networks of the clients that may use the listener. `undefined` means all clients, and an empty list none. */
  allow: clientNetworks.optional(),
  /** The networks of the clients that may not use the listener, whatever `allow` says. */
  deny: clientNetworks.optional(),
  /** New connections, or UDP sessions, a second. */
  connectionsPerSecond: z
    .strictObject({ total: rate, burst: rate.optional() }, 'must be an object with "total"')
    .optional(),
  /** Requests a second, of each client address and of all clients. */
  requestsPerSecond: z
    .strictObject(
      { perClient: rate.optional(), total: rate.optional(), burst: rate.optional() },
      'must be an object with "perClient" or "total"',
    )
    .refine(({ perClient, total }) => perClient !== undefined || total !== undefined, 'needs "perClient" or "total"')
    .optional(),
};
