// The shapes of the API's bodies and answers, for checking and for the OpenAPI document.
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../model/base/errors.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { FINGERPRINT } from '../../model/base/secrets.ts';
import { certificateSchema } from '../../model/objects/certificate.ts';
import { mapKey } from '../../model/objects/network.ts';
import { SCHEMAS } from '../../model/objects/schemas.ts';
import { stickySessionSchema } from '../../model/objects/sticky-session.ts';
import { targetSchema } from '../../model/objects/target-attachment.ts';

const health = z.enum(['healthy', 'unhealthy', 'checking', 'unchecked', 'ineligible']);

/** Equal where the secret is. */
const fingerprint = z.string().regex(FINGERPRINT);

export const idParams = z.object({ id: z.string() });
export const memberParams = z.object({ id: z.string(), serverId: z.string() });
const LIMIT = 'must be a whole number from 1 to 1000';

export const listQuery = z.object({
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(1000, LIMIT).default(100),
  cursor: z.string().optional(),
});

export const errorAnswer = z.object({
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  requestId: z.string(),
  details: z.array(z.object({ path: z.string(), message: z.string(), code: z.string().optional() })),
});

/** Beside the properties: whose resource it is, and which create of it. */
export const identity = {
  owner: z.string('must be a string').min(1, 'must not be empty').max(2048, 'has at most 2048 characters').optional(),
  incarnation: z
    .string('must be a string')
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1-64 letters, digits or "-"')
    .optional(),
};

export const identitySchema = z.object(identity);
export const deleteQuery = z.object({ incarnation: identity.incarnation });

const common = {
  id: z.string(),
  owner: z.string().optional(),
  incarnation: z.string(),
  version: z.number(),
  lastError: z.string().optional(),
  warnings: z.array(z.string()).optional(),
};

const boundTargets = z.record(
  z.string(),
  z.object({ address: z.string(), port: z.number(), weight: z.number(), health }),
);

type Shapes = { readonly [K in Kind]?: z.ZodRawShape };

/** Beside the properties, of the kinds that have any. */
const OUTPUTS: Shapes = {
  'load-balancers': { vip: z.string() },
  listeners: { endpoint: z.string() },
  attachments: { boundTargets },
  'group-attachments': { boundTargets },
};

const shownSticky = stickySessionSchema
  .omit({ cookieKey: true })
  .extend({ cookieKeyFingerprint: fingerprint.optional() })
  .optional();

/** Properties that answers have in another form: those with a secret, and members that joined through the API. */
const SHOWN: Shapes = {
  listeners: {
    certificates: z
      .record(z.string(), certificateSchema.omit({ privateKey: true }).extend({ privateKeyFingerprint: fingerprint }))
      .optional(),
    stickySession: shownSticky,
  },
  rules: { stickySession: shownSticky },
  groups: { members: z.record(z.string(), z.string()) },
};

export function bodySchema(kind: Kind): z.ZodObject {
  return SCHEMAS[kind].extend(identity);
}

export function answerSchema(kind: Kind): z.ZodObject {
  return SCHEMAS[kind].extend({ ...common, ...SHOWN[kind], ...OUTPUTS[kind] });
}

export const patchBody = z.strictObject(
  {
    targets: z.record(
      z.string(),
      z.record(z.string(), z.unknown(), 'must be an object, or null to unbind').nullable(),
      'must be an object',
    ),
  },
  'the body must be a JSON object',
);

/** The same for the document: which target needs which property depends on what is stored, and null unsets one. */
const targetPatch = z.strictObject(
  Object.fromEntries(Object.entries(targetSchema.shape).map(([name, schema]) => [name, schema.nullish()])),
);
export const patchDocument = z.strictObject({ targets: z.record(mapKey, targetPatch.nullable()) });

export const statusAnswer = z.object({
  version: z.number(),
  engines: z.array(
    z.object({ name: z.string(), desired: z.number(), acked: z.number(), lastError: z.string().nullable() }),
  ),
  workers: z.array(z.object({ id: z.number(), version: z.number(), connections: z.number(), restarts: z.number() })),
  listeners: z.array(
    z.object({
      id: z.string(),
      endpoint: z.string(),
      /** True: another listener serves its VIP:port. */
      isWaiting: z.boolean().optional(),
      lastError: z.string().optional(),
      targets: z.array(
        z.object({
          attachment: z.string(),
          rule: z.string().optional(),
          name: z.string(),
          address: z.string(),
          port: z.number(),
          weight: z.number(),
          health,
          /** Why it takes no traffic, or less than its weight, where the health does not say it. */
          reason: z.string().optional(),
          lastError: z.string().optional(),
          lastCheckAt: z.iso.datetime().optional(),
          /** Since when it has its health, and what it had before: the last 10 turns since the runtime's start, newest first. */
          history: z.array(z.object({ at: z.iso.datetime(), health, error: z.string().optional() })),
          requests: z.number(),
          activeConnections: z.number(),
          draining: z.number(),
        }),
      ),
    }),
  ),
});

export type StatusAnswer = z.infer<typeof statusAnswer>;
