// Schemas for ports, addresses and names.
import { isIP } from 'node:net';
import { z } from 'zod';
import { addressAdvice, networkAdvice } from '../base/address-advice.ts';
import { isNetwork, isOfMany } from '../base/networks.ts';
import { hasUnseen } from '../base/one-line.ts';
import { canonicalAddress } from '../base/target-key.ts';
import { text } from './text.ts';
import { wholeNumber } from './whole-number.ts';

export const port = wholeNumber(1, 65_535);

/** The longest text of an IPv6 address, with a zone, which is refused, or an embedded IPv4 address. */
const MAX_ADDRESS = 128;

const ADDRESS_FORM = 'must be an IPv4 or IPv6 address';
const NETWORK_FORM = 'must be a network such as "10.0.0.0/8"';

export const ipAddress = text(ADDRESS_FORM, MAX_ADDRESS, ADDRESS_FORM)
  .refine((value) => isIP(value) !== 0 && !value.includes('%'), {
    error: ({ input }) => `${ADDRESS_FORM}${addressAdvice(String(input))}`,
  })
  .overwrite((value) => (isIP(value) === 0 ? value : canonicalAddress(value)))
  // The formats are written for the OpenAPI document, which leaves out the refinements above.
  .meta({ anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] });

/** The address of a target. Its datagrams go to one machine, and never to the members of a group such as the runtime. */
export const targetAddress = ipAddress.refine(
  (value) => !isOfMany(value),
  'must be the address of one machine, not of a multicast group or a broadcast',
);

/** An IPv4 or IPv6 network, such as "10.0.0.0/8". */
export const cidr = text(NETWORK_FORM, MAX_ADDRESS, NETWORK_FORM).refine(
  (value) => value.includes('/') && isNetwork(value),
  { error: ({ input }) => `${NETWORK_FORM}${networkAdvice(String(input))}` },
);

const OBJECT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const ID_FORM = 'must be 1-128 letters, digits, ".", "_" or "-" that begin with a letter or digit';

export const objectId = text('must be an id', 128, ID_FORM).regex(OBJECT_ID, ID_FORM);

/**
 * A name that the user chooses: a key of a map. Pulumi shows such names as they are, therefore they have no characters
 * that nobody sees.
 */
export const mapKey = text('must be a name', 255, 'a name must have at most 255 characters')
  .min(1, 'a name must not be empty')
  .refine((name) => !hasUnseen(name), 'a name must have no control, invisible or direction-changing characters');

/** The name of a region, a network or a zone. */
export const placeName = text('must be a string', 255).min(1, 'must not be empty');

/** Free text, such as the name or value of a tag. */
export const label = text('must be a string', 255);

export const MAX_TAGS = 64;

/** Tags, for every kind that has them. */
export const tags = z
  .record(mapKey, label, 'must be a map of strings')
  .refine((map) => Object.keys(map).length <= MAX_TAGS, `must have at most ${MAX_TAGS} tags`);
