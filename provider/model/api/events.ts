// Events of `/v1/events`: what has happened in a runtime, each as one JSON object.
import { z } from 'zod';
import { HEALTH_STATES } from '../base/health.ts';
import { KINDS } from '../base/kinds.ts';

const at = z.iso.datetime();
/** Null: there is none, as for the port of a classic load balancer's target. */
const value = z.union([z.string(), z.number()]).nullish();

const membershipChange = z.discriminatedUnion('operation', [
  z.object({
    operation: z.literal('bind'),
    name: z.string(),
    server: value,
    address: value,
    port: value,
    weight: value,
  }),
  z.object({ operation: z.literal('unbind'), name: z.string() }),
  z.object({
    operation: z.enum(['weight', 'port', 'server', 'address']),
    name: z.string(),
    from: value,
    to: value,
  }),
]);

/** A write that is served now by every live data plane. */
const write = z.object({
  type: z.literal('write'),
  at,
  version: z.number(),
  kind: z.enum(KINDS),
  id: z.string(),
  action: z.enum(['put', 'delete']),
  /** Of attachments, and of groups and their attachments. */
  targets: z.array(membershipChange).readonly().optional(),
  /** How many more changes of targets there were. */
  omitted: z.number().optional(),
});

const health = z.object({
  type: z.literal('health'),
  at,
  listener: z.string(),
  rule: z.string().optional(),
  target: z.string(),
  name: z.string().optional(),
  health: z.enum(HEALTH_STATES),
  lastError: z.string().optional(),
});

/** One step in the replacement of a worker. */
const worker = z.object({
  type: z.literal('worker'),
  at,
  id: z.number(),
  state: z.enum(['ended', 'serving']),
  /** Why it ended. */
  reason: z.string().optional(),
});

const listener = z.discriminatedUnion('state', [
  /** It could not be opened: a write was refused for that, or a stored listener waits for its port. */
  z.object({
    type: z.literal('listener'),
    at,
    state: z.literal('refused'),
    listenerId: z.string(),
    code: z.enum(['PortInUse', 'InvalidParameter']),
    problem: z.object({ path: z.string(), message: z.string(), code: z.string().optional() }),
  }),
  z.object({ type: z.literal('listener'), at, state: z.literal('open'), listenerId: z.string() }),
]);

/** Some of what happened since `Last-Event-ID` is not known any more. */
const missed = z.object({ type: z.literal('missed') });

export const apiEvent = z.discriminatedUnion('type', [write, health, worker, listener, missed]);

export type ApiEvent = z.infer<typeof apiEvent>;

/** What happens in the runtime, without the time that the log adds. */
export type RuntimeEvent = WithoutTime<ApiEvent>;

type WithoutTime<E> = E extends { readonly at: string } ? Readonly<Omit<E, 'at'>> : never;
