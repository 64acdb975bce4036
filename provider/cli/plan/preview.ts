// Previews as `pulumi preview --json --show-sames` writes them, parsed and checked to be complete.
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { json } from '../../model/base/json.ts';
import { isKnown } from '../../model/base/unknown.ts';

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

const counts = z.record(z.string(), z.number()).default({});

const digestSchema = z
  .looseObject({
    config: z.record(z.string(), z.string()).default({}),
    steps: z.array(stepSchema).optional(),
    diagnostics: z.array(diagnosticSchema).optional(),
    changeSummary: counts,
  })
  .refine(({ steps, diagnostics }) => steps !== undefined || diagnostics !== undefined, 'it has no steps');

const metadataSchema = z
  .looseObject({ op: z.string(), urn: z.string(), old: z.unknown(), new: z.unknown() })
  .transform((metadata) => stepSchema.parse({ ...metadata, oldState: metadata.old, newState: metadata.new }));

const eventSchema = z.looseObject({
  preludeEvent: z.looseObject({ config: z.record(z.string(), z.string()).default({}) }).optional(),
  resourcePreEvent: z.looseObject({ metadata: metadataSchema }).optional(),
  diagnosticEvent: diagnosticSchema.optional(),
  summaryEvent: z.looseObject({ resourceChanges: counts }).optional(),
});

type Digest = z.infer<typeof digestSchema>;
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

/** The error of Pulumi's command line if it does not even begin a preview. It comes without JSON. */
const EARLY_ERROR = /^error: .*/ms;

/**
 * Parses a preview. Throws a `FailedPreview` if the preview failed, and another error if it is incomplete or if the text
 * is no preview.
 */
export function parsePreview(text: string): Preview {
  const { config, steps = [], diagnostics = [], changeSummary, hasDependencies, isWhole } = read(text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new FailedPreview(errors.map(({ message }) => message));
  if (!isWhole) throw new Error('the preview is incomplete: its events end without a summary');
  if ((changeSummary.same ?? 0) > steps.filter(({ op }) => op === 'same').length) {
    throw new Error('the preview leaves out unchanged resources: run it with --show-sames');
  }
  return { config, steps, notes: diagnostics.map(({ message }) => message.trim()), hasDependencies };
}

function read(text: string): Digest & Pick<Preview, 'hasDependencies'> & { isWhole: boolean } {
  if (text.trim() === '') {
    throw new Error('there is no preview to read: pipe in `pulumi preview --json --show-sames`, which may have failed');
  }
  const whole = json(text);
  const [earlyError] = (whole === undefined && EARLY_ERROR.exec(text)) || [];
  if (earlyError !== undefined) throw new FailedPreview([earlyError]);
  const lines = whole === undefined || isEvent(whole) ? text.trim().split('\n').map(json) : undefined;
  const parsed = lines === undefined ? digestSchema.safeParse(whole) : z.array(eventSchema).safeParse(lines);
  if (!parsed.success) {
    const reason = lines?.includes(undefined) ? 'it is not JSON' : z.prettifyError(parsed.error);
    throw new Error(`this is not a preview as \`pulumi preview --json --show-sames\` writes it:\n${reason}`);
  }
  return Array.isArray(parsed.data)
    ? { ...digestOf(parsed.data), hasDependencies: false, isWhole: parsed.data.some((event) => event.summaryEvent) }
    : { ...parsed.data, hasDependencies: true, isWhole: true };
}

/**
 * The preview in a stream of events, one a line, which Pulumi writes if PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set.
 */
function digestOf(events: readonly z.infer<typeof eventSchema>[]): Digest {
  return {
    config: events.find(({ preludeEvent }) => preludeEvent !== undefined)?.preludeEvent?.config ?? {},
    steps: events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []),
    diagnostics: events.flatMap(({ diagnosticEvent }) => diagnosticEvent ?? []),
    changeSummary:
      events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent?.resourceChanges ?? {},
  };
}

function isEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'sequence' in value;
}
