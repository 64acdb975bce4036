// Previews as JSON, as the Pulumi CLI writes them, built from the resources that a test needs.

import { type Plan, planOf, type RuntimeView } from '../../../provider/cli/plan/plan.ts';
import { parsePreview } from '../../../provider/cli/plan/preview.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';

export const NOW_MS = Date.parse('2026-11-21T00:00:00Z');

export interface PreviewResource {
  readonly type: string;
  readonly name: string;
  /** Id of the resource in the state; `undefined` for a resource that does not exist yet. */
  readonly id?: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Referenced resources, by the property that contains the reference. */
  readonly references?: Readonly<Record<string, PreviewResource>>;
  readonly dependsOn?: readonly PreviewResource[];
}

export const lb: PreviewResource = {
  type: 'LoadBalancer',
  name: 'lb',
  id: 'lb-1',
  properties: { address: '127.0.0.1' },
};
export const web: PreviewResource = previewListener('web', 80);

export function previewListener(name: string, port: number, properties: object = {}): PreviewResource {
  return {
    type: 'Listener',
    name,
    id: `${name}-1`,
    properties: { loadBalancerId: 'lb-1', protocol: 'HTTP', port, ...properties },
  };
}

/** Targets `10.0.0.N:80` by name, with their weights; N is the number in the name. */
export function previewTargets(weights: Readonly<Record<string, number | undefined>>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => {
      const target = { address: `10.0.0.${name.slice(1)}`, port: 80 };
      return [name, weight === undefined ? target : { ...target, weight }];
    }),
  );
}

export function attachment(name: string, map: object, properties: object = { listenerId: 'web-1' }): PreviewResource {
  return { type: 'TargetAttachment', name, id: `${name}-1`, properties: { ...properties, targets: map } };
}

export function previewUrnOf({ type, name }: PreviewResource): string {
  return `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:${type}::${name}`;
}

/** A resource before and after the update; `undefined` where it does not exist. */
export type PreviewChange = readonly [
  before: PreviewResource | undefined,
  after: PreviewResource | undefined,
  op?: string,
];

/** Returns the JSON of a preview with the unchanged and the changed resources. */
export function previewText(
  sames: readonly PreviewResource[],
  changes: readonly PreviewChange[] = [],
  rest: object = {},
): string {
  const steps = [...sames.map((resource) => [resource, resource, 'same'] as const), ...changes].map(stepOf);
  const same = steps.filter(({ op }) => op === 'same').length;
  return JSON.stringify({ config: {}, steps, changeSummary: { same }, ...rest });
}

export function plan(
  sames: readonly PreviewResource[],
  changes: readonly PreviewChange[] = [],
  runtime?: RuntimeView,
): Plan {
  return planOf(parsePreview(previewText(sames, changes)), runtime, NOW_MS);
}

function stepOf([before, after, op]: PreviewChange) {
  const urn = previewUrnOf((after ?? before) as PreviewResource);
  const plain = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  return {
    op: op ?? plain,
    urn,
    ...(before && { oldState: { ...stateOf(before), id: before.id, outputs: outputsOf(before) } }),
    ...(after && { newState: stateOf(after) }),
  };
}

function outputsOf({ type, properties }: PreviewResource) {
  return type === 'LoadBalancer' ? { ...properties, vip: properties.address } : properties;
}

function stateOf(resource: PreviewResource) {
  const { type, properties, references = {}, dependsOn = [] } = resource;
  const named = Object.entries(references);
  return {
    urn: previewUrnOf(resource),
    type: `pulumi-nodejs:dynamic/weir:${type}`,
    inputs: {
      ...properties,
      ...Object.fromEntries(named.map(([property]) => [property, UNKNOWN])),
      owner: previewUrnOf(resource),
    },
    dependencies: [...named.map(([, other]) => other), ...dependsOn].map(previewUrnOf),
    propertyDependencies: Object.fromEntries(named.map(([property, other]) => [property, [previewUrnOf(other)]])),
  };
}
