// Random desired states for property tests of the providers; each one is a valid program.
import fc from 'fast-check';
import { type ProgramResource, type ProgramResources, urnOf } from './small-engine.ts';

interface Places {
  /** Ports for listeners. A listener may take another port in each state. */
  readonly ports: readonly number[];
  readonly targets: readonly { readonly address: string; readonly port: number }[];
}

const NONE = { healthCheck: { protocol: 'none' } };
const weight = fc.constantFrom(undefined, 0, 20, 100);
const [SERVERS, LOAD_BALANCERS, LISTENERS, RULES, GROUPS, ATTACHMENTS, GROUP_ATTACHMENTS] = [
  ['s0', 's1', 's2'],
  ['lb0', 'lb1'],
  ['l0', 'l1', 'l2'],
  ['r0', 'r1'],
  ['g0', 'g1'],
  ['a0', 'a1', 'a2', 'a3'],
  ['ga0', 'ga1'],
];

/**
 * Random programs of servers, auto scaling groups, load balancers with listeners, and listeners with rules. Attachments
 * of both kinds may belong to any load balancer, listener or rule.
 */
export function programs(places: Places): fc.Arbitrary<ProgramResources> {
  return fc
    .tuple(
      some(SERVERS, server),
      some(LOAD_BALANCERS, loadBalancer),
      some(LISTENERS, listener(places)),
      some(RULES, rule),
      some(GROUPS, group),
      some(ATTACHMENTS, attachment(places)),
      some(GROUP_ATTACHMENTS, groupAttachment),
    )
    .map((layers) => {
      const program: ProgramResource[] = [];
      for (const make of layers.flat()) program.push(...make(program));
      return program;
    });
}

/**
 * Makes a resource, given the resources before it. Returns an empty list if the program has no possible parent for it.
 */
type Make = (before: readonly ProgramResource[]) => ProgramResource[];

function some(names: readonly string[] = [], make: (name: string) => fc.Arbitrary<Make>): fc.Arbitrary<Make[]> {
  return fc.subarray([...names]).chain((chosen) => fc.tuple(...chosen.map(make)));
}

/** A backend server with addresses of its own, so that no two servers are the same target. */
function server(name: string): fc.Arbitrary<Make> {
  const of = name.slice(1);
  const properties = fc.record({
    region: fc.constantFrom('r1', 'r1', 'r2'),
    vpcId: fc.constant('v1'),
    addresses: fc.constantFrom([`127.1.0.${of}`], [`127.1.1.${of}`, `127.1.0.${of}`]),
    status: fc.constantFrom(undefined, 'Running', 'Stopped', 'Starting'),
    kind: fc.constantFrom(undefined, 'ecs', 'eni'),
    isolated: fc.constantFrom(undefined, false, true),
  });
  return properties.map((chosen) => () => [{ type: 'BackendServer', name, properties: chosen }]);
}

function loadBalancer(name: string): fc.Arbitrary<Make> {
  const properties = fc.record({
    type: fc.constantFrom('application', 'application', 'classic'),
    address: fc.constantFrom(undefined, '127.0.0.2', '127.0.0.3'),
    tags: fc.constantFrom(undefined, { colour: 'blue' }),
    region: fc.constantFrom(undefined, 'r1'),
    performance: fc.constantFrom('shared', 'guaranteed'),
  });
  return properties.map((chosen) => () => [{ type: 'LoadBalancer', name, properties: chosen }]);
}

/**
 * A listener whose address and port no other listener of the same state has. From state to state, listeners may
 * exchange them.
 */
function listener({ ports }: Places): (name: string) => fc.Arbitrary<Make> {
  return (name) =>
    fc
      .record({
        of: fc.nat(),
        port: fc.constantFrom(...ports),
        protocol: fc.constantFrom('HTTP', 'TCP'),
        drainSeconds: fc.constantFrom(undefined, 1),
      })
      .map(({ of, ...properties }) => (before) => {
        const parent = pick(before, 'LoadBalancer', of);
        if (parent === undefined) return [];
        const placeOf = (lb: ProgramResource | undefined) => lb?.properties.address ?? lb?.name;
        const isTaken = before.some(({ parents, properties: { port } }) => {
          const other = before.find((resource) => urnOf(resource) === parents?.loadBalancerId);
          return port === properties.port && placeOf(other) === placeOf(parent);
        });
        if (isTaken) return [];
        const classic = parent.properties.type === 'classic' ? { backendPort: 9 } : {};
        return [
          {
            type: 'Listener',
            name,
            properties: { ...properties, ...classic, ...NONE },
            parents: { loadBalancerId: urnOf(parent) },
          },
        ];
      });
}

function rule(name: string): fc.Arbitrary<Make> {
  const actions = fc.constantFrom(
    {},
    {},
    { redirect: { path: '/c' } },
    { fixedResponse: { status: 404, body: 'gone' } },
    { rewrite: { path: '/c' }, requestHeaders: { set: { 'X-Rule': name }, remove: ['Cookie'] } },
    { responseHeaders: { add: { 'X-Rule': name } } },
  );
  const choices = fc.record({ of: fc.nat(), path: fc.constantFrom('/a', '/b'), actions });
  return choices.map(({ of, path, actions: chosen }) => (before) => {
    const http = before.filter(({ properties }) => properties.protocol === 'HTTP' && !('backendPort' in properties));
    const parent = pick(http, 'Listener', of);
    if (parent === undefined) return [];
    return [
      {
        type: 'ForwardingRule',
        name,
        properties: { path, ...chosen, ...NONE },
        parents: { listenerId: urnOf(parent) },
      },
    ];
  });
}

const PARENT_OF: Readonly<Record<string, string>> = {
  LoadBalancer: 'loadBalancerId',
  Listener: 'listenerId',
  ForwardingRule: 'ruleId',
};

/**
 * An auto scaling group whose members every load balancer accepts sooner or later; stopped members wait until they run.
 */
function group(name: string): fc.Arbitrary<Make> {
  return fc.subarray([...(SERVERS ?? [])]).map((chosen) => (before) => {
    const members = before.filter((each) => chosen.includes(each.name) && isOrdinary(each));
    const parents = Object.fromEntries(members.map((member, index) => [`members.m${index}`, urnOf(member)]));
    return [{ type: 'AutoScalingGroup', name, properties: { members: {} }, parents }];
  });
}

function isOrdinary({ properties: { region, kind } }: ProgramResource): boolean {
  return region === 'r1' && kind !== 'eni';
}

function attachment({ targets }: Places): (name: string) => fc.Arbitrary<Make> {
  const order = fc.shuffledSubarray([...targets, ...(SERVERS ?? [])]);
  return (name) =>
    fc
      .record({ of: fc.nat(), order, weights: fc.tuple(weight, weight, weight), defaultPort: fc.boolean() })
      .map(({ of, order: chosen, weights, defaultPort }) => (before) => {
        const parent = parentOf(before, of);
        if (parent === undefined) return [];
        const isClassic = parent.properties.type === 'classic';
        const taken = keysBoundUnder(before, parent);
        const parents: Record<string, string> = { [PARENT_OF[parent.type] ?? '']: urnOf(parent) };
        // Between two states, a target name may move to another target, and a target may get another name.
        const bound = chosen.slice(0, weights.length).flatMap((target, index) => {
          const port = typeof target === 'string' ? 9 : target.port;
          const named = typeof target === 'string' ? before.find((each) => each.name === target) : undefined;
          if (typeof target === 'string' && (named === undefined || !isEligible(before, named, parent))) return [];
          if (taken.has(keyOf(named?.name ?? target, isClassic ? undefined : port))) return [];
          if (named !== undefined) parents[`targets.t${index}.serverId`] = urnOf(named);
          const type = named?.properties.kind;
          return [
            [
              `t${index}`,
              {
                ...(typeof target === 'string' ? {} : { address: target.address }),
                ...(type === undefined ? {} : { type }),
                ...(isClassic ? {} : { port }),
                ...(weights[index] === undefined ? {} : { weight: weights[index] }),
              },
            ],
          ];
        });
        const properties = { targets: Object.fromEntries(bound), ...(defaultPort ? { defaultPort: 8 } : {}) };
        return [{ type: 'TargetAttachment', name, properties, parents }];
      });
}

function groupAttachment(name: string): fc.Arbitrary<Make> {
  const choices = fc.record({ of: fc.nat(), group: fc.nat(), port: fc.constantFrom(7, 9), weight });
  return choices.map(({ of, group: which, port, weight: chosen }) => (before) => {
    const [parent, members] = [parentOf(before, of), pick(before, 'AutoScalingGroup', which)];
    if (parent === undefined || members === undefined) return [];
    const own = parent.properties.type === 'classic' ? {} : { port };
    const properties = { ...own, ...(chosen === undefined ? {} : { weight: chosen }) };
    const parents = { groupId: urnOf(members), [PARENT_OF[parent.type] ?? '']: urnOf(parent) };
    const made = { type: 'AutoScalingAttachment', name, properties, parents };
    const taken = keysBoundUnder(before, parent);
    return [...keysOf([...before, made], made)].some((key) => taken.has(key)) ? [] : [made];
  });
}

function parentOf(before: readonly ProgramResource[], of: number): ProgramResource | undefined {
  const parents = before.filter(({ type, properties }) => type in PARENT_OF && !isWithoutTargets(properties));
  return parents[of % Math.max(1, parents.length)];
}

/** Tells whether targets are never bound to a parent: a listener of a classic load balancer, or a rule that responds itself. */
function isWithoutTargets(properties: ProgramResource['properties']): boolean {
  return ['backendPort', 'redirect', 'fixedResponse'].some((name) => name in properties);
}

/** Tells whether the load balancer above `parent` accepts a new binding of this server. */
function isEligible(
  before: readonly ProgramResource[],
  { properties }: ProgramResource,
  parent: ProgramResource,
): boolean {
  let root: ProgramResource | undefined = parent;
  while (root !== undefined && root.type !== 'LoadBalancer')
    root = resourceOf(before, Object.values(root.parents ?? {})[0]);
  const { region = properties.region, performance } = root?.properties ?? {};
  if (properties.status === 'Stopped' || properties.status === 'Starting' || properties.isolated === true) return false;
  return properties.region === region && (properties.kind !== 'eni' || performance === 'guaranteed');
}

/**
 * Keys of the targets that the program already binds to this parent. A program may bind a target only once to a parent.
 */
function keysBoundUnder(before: readonly ProgramResource[], parent: ProgramResource): Set<string> {
  const attachments = before.filter(
    ({ type, parents = {} }) => type.endsWith('Attachment') && Object.values(parents).includes(urnOf(parent)),
  );
  return new Set(attachments.flatMap((attachment) => [...keysOf(before, attachment)]));
}

function keysOf(before: readonly ProgramResource[], { properties, parents = {} }: ProgramResource): Set<string> {
  const members = resourceOf(before, parents.groupId)?.parents ?? {};
  const named = Object.entries({ ...parents, ...members }).filter(([path]) => path.includes('.'));
  const targets = (properties.targets ?? {}) as Record<string, { address?: string; port?: number }>;
  return new Set([
    ...named.map(([path, urn]) =>
      keyOf(urn.split('::').at(-1) ?? '', targets[path.split('.')[1] ?? '']?.port ?? properties.port),
    ),
    ...Object.values(targets).flatMap((target) =>
      target.address === undefined ? [] : [keyOf(target as { address: string }, target.port)],
    ),
  ]);
}

function keyOf(target: string | { readonly address: string }, port: unknown): string {
  return `${typeof target === 'string' ? target : target.address} ${port ?? ''}`;
}

function resourceOf(before: readonly ProgramResource[], urn: string | undefined): ProgramResource | undefined {
  return before.find((resource) => urnOf(resource) === urn);
}

function pick(before: readonly ProgramResource[], type: string, index: number): ProgramResource | undefined {
  const candidates = before.filter((resource) => resource.type === type);
  return candidates[index % Math.max(1, candidates.length)];
}
