// Previews as the CLI writes them, made of the resources that a test is about.

import { type Plan, planOf, type RuntimeView } from '../../../provider/cli/plan/plan.ts';
import { parsePreview } from '../../../provider/cli/plan/preview.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';

export const NOW_MS = Date.parse('2026-11-21T00:00:00Z');

export interface Resource {
  readonly type: string;
  readonly name: string;
  /** Of the state; undefined: there is none yet. */
  readonly id?: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Names of resources, by property. */
  readonly references?: Readonly<Record<string, Resource>>;
  readonly dependsOn?: readonly Resource[];
}

export const lb: Resource = { type: 'LoadBalancer', name: 'lb', id: 'lb-1', properties: { address: '127.0.0.1' } };
export const web: Resource = listener('web', 80);

export function listener(name: string, port: number, properties: object = {}): Resource {
  return {
    type: 'Listener',
    name,
    id: `${name}-1`,
    properties: { loadBalancerId: 'lb-1', protocol: 'HTTP', port, ...properties },
  };
}

/** `10.0.0.N:80` by name and weight. */
export function targets(weights: Readonly<Record<string, number | undefined>>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => {
      const target = { address: `10.0.0.${name.slice(1)}`, port: 80 };
      return [name, weight === undefined ? target : { ...target, weight }];
    }),
  );
}

export function attachment(name: string, map: object, properties: object = { listenerId: 'web-1' }): Resource {
  return { type: 'TargetAttachment', name, id: `${name}-1`, properties: { ...properties, targets: map } };
}

export function urnOf({ type, name }: Resource): string {
  return `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:${type}::${name}`;
}

/** A resource before and after; undefined where it is not there. */
export type Change = readonly [before: Resource | undefined, after: Resource | undefined, op?: string];

/** The resources that stay as they are, and those that change. */
export function previewText(sames: readonly Resource[], changes: readonly Change[] = [], rest: object = {}): string {
  const steps = [...sames.map((resource) => [resource, resource, 'same'] as const), ...changes].map(stepOf);
  const same = steps.filter(({ op }) => op === 'same').length;
  return JSON.stringify({ config: {}, steps, changeSummary: { same }, ...rest });
}

export function plan(sames: readonly Resource[], changes: readonly Change[] = [], runtime?: RuntimeView): Plan {
  return planOf(parsePreview(previewText(sames, changes)), runtime, NOW_MS);
}

function stepOf([before, after, op]: Change) {
  const urn = urnOf((after ?? before) as Resource);
  const plain = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  return {
    op: op ?? plain,
    urn,
    ...(before && { oldState: { ...stateOf(before), id: before.id, outputs: outputsOf(before) } }),
    ...(after && { newState: stateOf(after) }),
  };
}

function outputsOf({ type, properties }: Resource) {
  return type === 'LoadBalancer' ? { ...properties, vip: properties.address } : properties;
}

function stateOf(resource: Resource) {
  const { type, properties, references = {}, dependsOn = [] } = resource;
  const named = Object.entries(references);
  return {
    urn: urnOf(resource),
    type: `pulumi-nodejs:dynamic/weir:${type}`,
    inputs: {
      ...properties,
      ...Object.fromEntries(named.map(([property]) => [property, UNKNOWN])),
      owner: urnOf(resource),
    },
    dependencies: [...named.map(([, other]) => other), ...dependsOn].map(urnOf),
    propertyDependencies: Object.fromEntries(named.map(([property, other]) => [property, [urnOf(other)]])),
  };
}
