// An object of any kind as the API takes it and shows it.
import { z } from 'zod';
import { HEALTH_STATES } from '../base/health.ts';
import type { Kind } from '../base/kinds.ts';
import { FINGERPRINT } from '../base/secrets.ts';
import { certificateSchema } from '../objects/certificate.ts';
import { SCHEMAS } from '../objects/schemas.ts';
import { stickySessionSchema } from '../objects/sticky-session.ts';

/** Equal where the secret is. */
const fingerprint = z.string().regex(FINGERPRINT);

/** Beside the properties: whose resource it is, and which create of it. */
export const identitySchema = z.object({
  owner: z.string('must be a string').min(1, 'must not be empty').max(2048, 'has at most 2048 characters').optional(),
  incarnation: z
    .string('must be a string')
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1-64 letters, digits or "-"')
    .optional(),
});

const common = {
  id: z.string(),
  owner: z.string().optional(),
  incarnation: z.string(),
  version: z.number(),
  lastError: z.string().optional(),
  warnings: z.array(z.string()).optional(),
};

/** What is shown of an object of any kind; the properties and the outputs of its kind stand beside. */
export const apiObject = z.looseObject(common);

export type ApiObject = Readonly<z.infer<typeof apiObject>>;

/** What the runtime says of the object that its user should know. */
export function warningsOf({ warnings, lastError }: ApiObject): string[] {
  return [...(warnings ?? []), ...(lastError ? [lastError] : [])];
}

const boundTargets = z.record(
  z.string(),
  z.object({ address: z.string(), port: z.number(), weight: z.number(), health: z.enum(HEALTH_STATES) }),
);

const shownSticky = stickySessionSchema
  .omit({ cookieKey: true })
  .extend({ cookieKeyFingerprint: fingerprint.optional() })
  .optional();

/** Properties that have a secret, as they are shown. */
const SHOWN = {
  'load-balancers': {},
  listeners: {
    certificates: z
      .record(z.string(), certificateSchema.omit({ privateKey: true }).extend({ privateKeyFingerprint: fingerprint }))
      .optional(),
    stickySession: shownSticky,
  },
  rules: { stickySession: shownSticky },
  attachments: {},
  'backend-servers': {},
  groups: {},
  'group-attachments': {},
} as const satisfies Record<Kind, Readonly<Record<string, z.ZodType>>>;

/** What the runtime adds to the properties, or puts in their place. */
const OUTPUTS = {
  'load-balancers': { vip: z.string() },
  listeners: { endpoint: z.string() },
  rules: {},
  attachments: { boundTargets },
  'backend-servers': {},
  /** Those that have joined through the API too. */
  groups: { members: z.record(z.string(), z.string()) },
  'group-attachments': { boundTargets },
} as const satisfies Record<Kind, Readonly<Record<string, z.ZodType>>>;

type Outputs = typeof OUTPUTS;

export type OutputsOf<K extends Kind> = { readonly [P in keyof Outputs[K]]: z.infer<Outputs[K][P]> } & Pick<
  ApiObject,
  'lastError' | 'warnings'
>;

/** The body of a PUT. */
export function bodySchema(kind: Kind): z.ZodObject {
  return SCHEMAS[kind].extend(identitySchema.shape);
}

/** An object with all that its kind has. */
export function objectResponse(kind: Kind): z.ZodObject {
  return SCHEMAS[kind].extend({ ...common, ...SHOWN[kind], ...OUTPUTS[kind] });
}

/** A page of a list; the next one begins behind `cursor`, and without that there is none. */
export function pageOf<T extends z.ZodType>(object: T) {
  return z.object({ items: z.array(object), cursor: z.string().optional() });
}
