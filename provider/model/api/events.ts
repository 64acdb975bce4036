// Events of `/v1/events`: changes in a runtime, each as one JSON object.
import { z } from 'zod';
import { HEALTH_STATES } from '../base/health.ts';
import { KINDS } from '../base/kinds.ts';

const at = z.iso.datetime();
/** A value of a target. `null` if there is none, such as the port of a classic load balancer's target. */
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

/** The event of a write. It is reported when every live data plane serves the write. */
const write = z.object({
  type: z.literal('write'),
  at,
  version: z.number(),
  kind: z.enum(KINDS),
  id: z.string(),
  action: z.enum(['put', 'delete']),
  /** The changes of targets, for a write to an attachment or an auto scaling group. */
  targets: z.array(membershipChange).readonly().optional(),
  /** Number of further changes of targets, which the event leaves out. */
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

/** A step in the replacement of a worker: the old one has ended, or the new one serves. */
const worker = z.object({
  type: z.literal('worker'),
  at,
  id: z.number(),
  state: z.enum(['ended', 'serving']),
  /** Why the worker ended. */
  reason: z.string().optional(),
});

const listener = z.discriminatedUnion('state', [
  /** A listener that cannot be opened: its write was refused, or it is stored and waits for its port. */
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

/** The lease of a group's member has ended without a renewal. The server is unbound. */
const lease = z.object({
  type: z.literal('lease'),
  at,
  state: z.literal('ended'),
  group: z.string(),
  server: z.string(),
  ttlSeconds: z.number(),
});

/** The event that some events since `Last-Event-ID` are no longer known. */
const missed = z.object({ type: z.literal('missed') });

export const apiEvent = z.discriminatedUnion('type', [write, health, worker, listener, lease, missed]);

export type ApiEvent = z.infer<typeof apiEvent>;

/** A change in the runtime, without the time that the log of events adds. */
export type RuntimeEvent = WithoutTime<ApiEvent>;

type WithoutTime<E> = E extends { readonly at: string } ? Readonly<Omit<E, 'at'>> : never;
