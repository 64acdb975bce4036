// Objects of each kind in the API: the bodies of requests and responses.
import { z } from 'zod';
import { HEALTH_STATES } from '../base/health.ts';
import type { Kind } from '../base/kinds.ts';
import { FINGERPRINT } from '../base/secrets.ts';
import { certificateSchema } from '../objects/certificate.ts';
import { SCHEMAS } from '../objects/schemas.ts';
import { stickySessionSchema } from '../objects/sticky-session.ts';
import { text } from '../objects/text.ts';
import { leaseShape } from './lease.ts';
import { type ApiObject, apiObject } from './objects.ts';

/**
 * The identity of an object in a body, beside its properties: the URN of the resource that owns the object, and the
 * incarnation, which tells apart objects that were created under the same id.
 */
export const identitySchema = z.object({
  owner: text('must be a string', 2048).min(1, 'must not be empty').optional(),
  incarnation: text('must be a string', 64)
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1-64 letters, digits or "-"')
    .optional(),
});

/** The fingerprint of a secret. Equal secrets have equal fingerprints. */
const fingerprint = z.string().regex(FINGERPRINT);

const boundTargets = z.record(
  z.string(),
  z.object({ address: z.string(), port: z.number(), weight: z.number(), health: z.enum(HEALTH_STATES) }),
);

const leases = z.record(z.string(), leaseShape).optional();

const shownSticky = stickySessionSchema
  .omit({ cookieKey: true })
  .extend({ cookieKeyFingerprint: fingerprint.optional() })
  .optional();

/** Shapes of properties by kind. Kinds without such properties are left out. */
type Shapes = { readonly [K in Kind]?: Readonly<Record<string, z.ZodType>> };

/** Properties that contain a secret, in the shape in which responses show them. */
const SHOWN: Shapes = {
  listeners: {
    certificates: z
      .record(z.string(), certificateSchema.omit({ privateKey: true }).extend({ privateKeyFingerprint: fingerprint }))
      .optional(),
    stickySession: shownSticky,
  },
  rules: { stickySession: shownSticky },
};

/** Outputs, which the runtime adds to an object's properties or puts in their place. */
const OUTPUTS = {
  'load-balancers': { vip: z.string() },
  listeners: { endpoint: z.string() },
  attachments: { boundTargets },
  /**
   * All members of an auto scaling group, including the servers that joined through the API, and the leases of those that
   * have one.
   */
  groups: { members: z.record(z.string(), z.string()), leases },
  'group-attachments': { boundTargets },
} as const satisfies Shapes;

type Outputs = typeof OUTPUTS;

export type OutputsOf<K extends Kind> = Pick<ApiObject, 'lastError' | 'warnings'> &
  (K extends keyof Outputs ? { readonly [P in keyof Outputs[K]]: z.infer<Outputs[K][P]> } : unknown);

/** The schema for the body of a PUT. */
export function bodySchema(kind: Kind): z.ZodObject {
  return SCHEMAS[kind].extend(identitySchema.shape);
}

/** The schema for an object in a response, with everything that its kind has. */
export function objectResponse(kind: Kind): z.ZodObject {
  const outputs: Shapes = OUTPUTS;
  return SCHEMAS[kind].extend({ ...apiObject.shape, ...SHOWN[kind], ...outputs[kind] });
}
