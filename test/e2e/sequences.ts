// Desired states at random, for the property tests of the providers: each is a program that is valid by itself.
import fc from 'fast-check';
import { type Program, type Resource, urnOf } from '../harness/small-engine.ts';

export interface Places {
  /** Of listeners; which one has which changes from state to state. */
  readonly ports: readonly number[];
  readonly targets: readonly { readonly address: string; readonly port: number }[];
}

const NONE = { healthCheck: { protocol: 'none' } };
const weight = fc.constantFrom(undefined, 0, 20, 100);
const [LOAD_BALANCERS, LISTENERS, RULES, ATTACHMENTS] = [
  ['lb0', 'lb1'],
  ['l0', 'l1', 'l2'],
  ['r0', 'r1'],
  ['a0', 'a1', 'a2', 'a3'],
];

/** Under each load balancer listeners, under those rules, and attachments of each. */
export function programs(places: Places): fc.Arbitrary<Program> {
  return fc
    .tuple(
      some(LOAD_BALANCERS, loadBalancer),
      some(LISTENERS, listener(places)),
      some(RULES, rule),
      some(ATTACHMENTS, attachment(places)),
    )
    .map((layers) => {
      const program: Resource[] = [];
      for (const make of layers.flat()) program.push(...make(program));
      return program;
    });
}

/** Undefined where there is nothing that it may be of. */
type Make = (before: readonly Resource[]) => Resource[];

function some(names: readonly string[] = [], make: (name: string) => fc.Arbitrary<Make>): fc.Arbitrary<Make[]> {
  return fc.subarray([...names]).chain((chosen) => fc.tuple(...chosen.map(make)));
}

function loadBalancer(name: string): fc.Arbitrary<Make> {
  const properties = fc.record({
    type: fc.constantFrom('application', 'application', 'classic'),
    address: fc.constantFrom(undefined, '127.0.0.2', '127.0.0.3'),
    tags: fc.constantFrom(undefined, { colour: 'blue' }),
  });
  return properties.map((chosen) => () => [{ type: 'LoadBalancer', name, properties: chosen }]);
}

/** Never two of one address and port in a state; from state to state they may take each other's. */
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
        const placeOf = (lb: Resource | undefined) => lb?.properties.address ?? lb?.name;
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
  return fc.record({ of: fc.nat(), path: fc.constantFrom('/a', '/b') }).map(({ of, path }) => (before) => {
    const http = before.filter(({ properties }) => properties.protocol === 'HTTP' && !('backendPort' in properties));
    const parent = pick(http, 'Listener', of);
    if (parent === undefined) return [];
    return [{ type: 'ForwardingRule', name, properties: { path, ...NONE }, parents: { listenerId: urnOf(parent) } }];
  });
}

const PARENT_OF: Readonly<Record<string, string>> = {
  LoadBalancer: 'loadBalancerId',
  Listener: 'listenerId',
  ForwardingRule: 'ruleId',
};

function attachment({ targets }: Places): (name: string) => fc.Arbitrary<Make> {
  const order = fc.shuffledSubarray([...targets]);
  return (name) =>
    fc
      .record({ of: fc.nat(), order, weights: fc.tuple(weight, weight, weight), defaultPort: fc.boolean() })
      .map(({ of, order: chosen, weights, defaultPort }) => (before) => {
        const parents = before.filter(({ type, properties }) => type in PARENT_OF && !('backendPort' in properties));
        const parent = parents[of % Math.max(1, parents.length)];
        if (parent === undefined) return [];
        // Names go to other targets, and targets to other names.
        const bound = chosen.slice(0, weights.length).map(({ address, port }, index) => {
          const whole = parent.properties.type === 'classic' ? { address } : { address, port };
          return [`t${index}`, { ...whole, ...(weights[index] === undefined ? {} : { weight: weights[index] }) }];
        });
        const properties = { targets: Object.fromEntries(bound), ...(defaultPort ? { defaultPort: 8 } : {}) };
        const property = PARENT_OF[parent.type] ?? '';
        return [{ type: 'TargetAttachment', name, properties, parents: { [property]: urnOf(parent) } }];
      });
}

function pick(before: readonly Resource[], type: string, index: number): Resource | undefined {
  const candidates = before.filter((resource) => resource.type === type);
  return candidates[index % Math.max(1, candidates.length)];
}
