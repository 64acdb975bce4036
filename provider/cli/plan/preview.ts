// Previews as `pulumi preview --json --show-sames` writes them, parsed and checked to be complete.
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { json } from '../../model/base/json.ts';
import { isKnown } from '../../model/base/unknown.ts';
import { resourceName } from '../../model/base/urn.ts';

/** The text that Pulumi's command line shows in place of a secret. */
export const SECRET = '[secret]';

export function isReadable(value: unknown): boolean {
  return isKnown(value) && value !== SECRET;
}

const properties = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});
const urns = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const stateSchema = z
  .looseObject({
    urn: z.string(),
    type: z.string(),
    id: z.string().optional(),
    inputs: properties,
    outputs: properties,
    dependencies: urns,
    propertyDependencies: z.record(z.string(), urns).default({}),
    retainOnDelete: z.boolean().default(false),
  })
  // Pulumi's stream of preview events has an empty id for an object without an id.
  .transform(({ id, ...state }) => ({ ...state, id: id === '' ? undefined : id }));

const stepSchema = z
  .looseObject({ op: z.string(), urn: z.string(), oldState: stateSchema.nullish(), newState: stateSchema.nullish() })
  .transform(({ op, urn, oldState, newState }) => ({
    op,
    urn,
    old: oldState ?? undefined,
    new: newState ?? undefined,
  }));

const diagnosticSchema = z.looseObject({ message: z.string(), severity: z.string().optional() });

const counts = z.record(z.string(), z.number());

const digestSchema = z
  .looseObject({
    config: z.record(z.string(), z.string()).default({}),
    steps: z.array(stepSchema).optional(),
    diagnostics: z.array(diagnosticSchema).optional(),
    /** Missing if the preview failed before it began, such as for a policy pack that does not start. */
    changeSummary: counts.optional(),
  })
  .refine(({ steps, diagnostics }) => steps !== undefined || diagnostics !== undefined, 'it has no steps');

const metadataSchema = z
  .looseObject({ op: z.string(), urn: z.string(), old: z.unknown(), new: z.unknown() })
  .transform((metadata) => stepSchema.parse({ ...metadata, oldState: metadata.old, newState: metadata.new }));

/** A violation of a policy, which only the stream of events has. */
const policySchema = z
  .looseObject({
    resourceUrn: z.string().default(''),
    message: z.string(),
    policyName: z.string(),
    policyPackName: z.string(),
    enforcementLevel: z.string(),
  })
  .transform(({ resourceUrn, message, policyName, policyPackName, enforcementLevel }) => {
    const resource = resourceUrn === '' ? '' : `${resourceName({ owner: resourceUrn })}: `;
    return {
      message: `${resource}policy ${policyName} of ${policyPackName}: ${message}`,
      severity: enforcementLevel === 'mandatory' ? 'error' : 'warning',
    };
  });

const eventSchema = z.looseObject({
  preludeEvent: z.looseObject({ config: z.record(z.string(), z.string()).default({}) }).optional(),
  resourcePreEvent: z.looseObject({ metadata: metadataSchema }).optional(),
  diagnosticEvent: diagnosticSchema.optional(),
  policyEvent: policySchema.optional(),
  summaryEvent: z.looseObject({ resourceChanges: counts.default({}) }).optional(),
});

type Digest = z.infer<typeof digestSchema>;
type Diagnostic = z.infer<typeof diagnosticSchema>;
export type PlanState = Readonly<z.infer<typeof stateSchema>>;
export type PlanStep = Readonly<z.infer<typeof stepSchema>>;

export interface Preview {
  readonly config: Readonly<Record<string, string>>;
  readonly steps: readonly PlanStep[];
  /** The diagnostics of the preview, including the providers' lines. */
  readonly notes: readonly string[];
  /**
   * Whether the preview contains the dependencies between resources. `false` for a stream of events, which leaves them
   * out.
   */
  readonly hasDependencies: boolean;
}

/** A preview that failed, with the messages of the engine. */
export class FailedPreview extends Error {
  readonly errors: readonly string[];

  constructor(messages: readonly string[]) {
    const errors = messages.map((message) => stripVTControlCharacters(message).trim());
    super(['the preview failed:', ...errors].join('\n'));
    this.errors = errors;
  }
}

/** An error of Pulumi's command line, which stands beside the JSON, or in its place. */
const ERROR_BESIDE = /^error: .*/ms;
/** The JSON of a preview in a text that has other lines before and behind it. */
const JSON_PART = /^\{\r?\n.*?^\}\r?$/ms;
/** The error of a preview that does not say why it failed. */
const NO_REASON = /^(error: )?preview failed$/;
const REASON_ADVICE =
  'The JSON of the preview does not say why: a policy may forbid a change. `pulumi preview` without --json shows it.';

/**
 * Parses a preview. Throws a `FailedPreview` if the preview failed, and another error if it is incomplete or if the text
 * is no preview.
 */
export function parsePreview(text: string): Preview {
  const { config, steps = [], diagnostics = [], changeSummary, hasDependencies, beside } = read(text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message.trim());
  if (errors.length > 0 || beside !== undefined) {
    const all = beside === undefined ? errors : [...errors, beside];
    throw new FailedPreview(all.every((error) => NO_REASON.test(error)) ? [...all, REASON_ADVICE] : all);
  }
  if (changeSummary === undefined) {
    throw new Error('the preview is incomplete: it failed before its end, and has no summary of its changes');
  }
  if ((changeSummary.same ?? 0) > steps.filter(({ op }) => op === 'same').length) {
    throw new Error('the preview leaves out unchanged resources: run it with --show-sames');
  }
  return { config, steps, notes: diagnostics.map(({ message }) => message.trim()), hasDependencies };
}

/** A preview as it was read. `beside`: an error that is not part of the JSON. */
interface ReadPreview extends Digest {
  readonly hasDependencies: boolean;
  readonly beside: string | undefined;
}

function read(text: string): ReadPreview {
  if (text.trim() === '') {
    throw new Error('there is no preview to read: pipe in `pulumi preview --json --show-sames`, which may have failed');
  }
  const part = json(text) === undefined ? JSON_PART.exec(text)?.[0] : text;
  const whole = part === undefined ? undefined : json(part);
  if (whole !== undefined && !isEvent(whole)) {
    const beside = ERROR_BESIDE.exec(text.replace(part ?? '', ''))?.[0];
    return { ...parsed(digestSchema, whole), hasDependencies: true, beside };
  }
  const lines = text.trim().split('\n');
  const events = lines.map(json);
  const beside = ERROR_BESIDE.exec(lines.filter((_, index) => events[index] === undefined).join('\n'))?.[0];
  if (beside === undefined && events.includes(undefined)) throw notAPreview('it is not JSON');
  const known = events.filter((event) => event !== undefined);
  return { ...digestOf(parsed(z.array(eventSchema), known)), hasDependencies: false, beside };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw notAPreview(z.prettifyError(result.error));
}

function notAPreview(reason: string): Error {
  return new Error(`this is not a preview as \`pulumi preview --json --show-sames\` writes it:\n${reason}`);
}

/**
 * The preview in a stream of events, one a line, which Pulumi writes if PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set.
 */
function digestOf(events: readonly z.infer<typeof eventSchema>[]): Digest {
  return {
    config: events.find(({ preludeEvent }) => preludeEvent !== undefined)?.preludeEvent?.config ?? {},
    steps: events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []),
    diagnostics: events.flatMap(({ diagnosticEvent, policyEvent }): Diagnostic[] =>
      [diagnosticEvent, policyEvent].filter((event) => event !== undefined),
    ),
    changeSummary: events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent?.resourceChanges,
  };
}

function isEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'sequence' in value;
}
