// Changes that make a plan warn, and changes that do not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNKNOWN } from '../../../../provider/model/base/unknown.ts';
import {
  attachment,
  lb,
  type PreviewChange,
  type PreviewResource,
  plan,
  previewListener,
  previewTargets,
  web,
} from '../../../harness/plan/preview-json.ts';

const pool = (weights: Readonly<Record<string, number | undefined>>) => attachment('pool', previewTargets(weights));
const created = (resource: PreviewResource, references: PreviewResource['references'] = {}): PreviewResource => ({
  ...resource,
  id: undefined,
  references,
});
const a = (weights: Record<string, number>) => attachment('a', previewTargets(weights));
const b = (weights: Record<string, number>) => attachment('b', previewTargets(weights));
const rule = { type: 'ForwardingRule', name: 'api', id: 'api-1', properties: { listenerId: 'web-1', path: '/api' } };
const ruled = (weights: Record<string, number>) => attachment('ruled', previewTargets(weights), { ruleId: 'api-1' });
const three = { b1: 100, b2: 100, b3: 100 };
const successor = created(previewListener('www', 80));
const others = [lb, web];

interface Row {
  readonly rule: string;
  readonly sames?: readonly PreviewResource[];
  readonly changes: readonly PreviewChange[];
  readonly warns: readonly string[];
}

const ROWS: readonly Row[] = [
  { rule: 'one of three targets is removed', changes: [[pool(three), pool({ b1: 100, b2: 100 })]], warns: [] },
  { rule: 'half of the weight is removed', changes: [[pool({ b1: 50, b2: 50 }), pool({ b1: 50 })]], warns: [] },
  { rule: 'two of three targets are removed', changes: [[pool(three), pool({ b1: 100 })]], warns: ['over-half'] },
  {
    rule: 'two of three targets get weight 0',
    changes: [[pool(three), pool({ ...three, b1: 0, b2: 0 })]],
    warns: ['over-half'],
  },
  {
    rule: 'all targets are replaced by new ones',
    changes: [[pool({ b1: 100 }), pool({ b2: 100 })]],
    warns: ['over-half'],
  },
  { rule: 'all weights change alike', changes: [[pool(three), pool({ b1: 10, b2: 10, b3: 10 })]], warns: [] },
  { rule: 'all targets are removed', changes: [[pool(three), pool({})]], warns: ['no-target', 'over-half'] },
  {
    rule: 'all targets get weight 0',
    changes: [[pool({ b1: 1 }), pool({ b1: 0 })]],
    warns: ['no-target', 'over-half'],
  },
  {
    rule: 'a rule becomes a redirect, and its attachment is deleted',
    changes: [
      [rule, { ...rule, properties: { ...rule.properties, redirect: { path: '/new' } } }],
      [ruled({ b1: 1 }), undefined],
    ],
    warns: [],
  },
  { rule: 'no target took traffic before', changes: [[pool({ b1: 0 }), pool({})]], warns: [] },
  {
    rule: 'another attachment still serves the listener',
    sames: [...others, a({ b9: 100 })],
    changes: [[pool({ b1: 100 }), pool({})]],
    warns: [],
  },
  {
    rule: 'the weight that is left is not known',
    changes: [[pool({ b1: 1 }), attachment('pool', { b1: { address: '10.0.0.1', port: 80, weight: UNKNOWN } })]],
    warns: [],
  },
  {
    rule: 'the targets that are left are not known',
    changes: [[pool(three), { ...pool({}), properties: { listenerId: 'web-1', targets: UNKNOWN } }]],
    warns: [],
  },
  {
    rule: 'the only target changes its port, make before break',
    changes: [[pool({ b1: 100 }), attachment('pool', { b1: { address: '10.0.0.1', port: 81 } })]],
    warns: [],
  },
  {
    rule: "a rule's last target is removed",
    sames: [...others, rule, a({ b9: 1 })],
    changes: [[ruled({ b1: 1 }), ruled({})]],
    warns: ['no-target', 'over-half'],
  },
  {
    rule: 'a listener that takes traffic is deleted',
    sames: [lb],
    changes: [
      [pool(three), undefined],
      [web, undefined],
    ],
    warns: ['deletion'],
  },
  { rule: 'a listener without traffic is deleted', sames: [lb], changes: [[web, undefined]], warns: [] },
  {
    rule: 'a load balancer with traffic is deleted',
    sames: [],
    changes: [
      [pool(three), undefined],
      [web, undefined],
      [lb, undefined],
    ],
    warns: ['deletion', 'deletion'],
  },
  {
    rule: 'a new listener with the same targets takes the VIP and port of a deleted one',
    sames: [lb],
    changes: [
      [pool(three), undefined],
      [web, undefined],
      [undefined, successor],
      [undefined, created(attachment('next', previewTargets(three), {}), { listenerId: successor })],
    ],
    warns: [],
  },
  {
    rule: 'a rule that takes requests is deleted',
    sames: others,
    changes: [
      [ruled({ b1: 1 }), undefined],
      [rule, undefined],
    ],
    warns: ['deletion'],
  },
  {
    rule: 'a listener is deleted, and its rule took all its traffic',
    sames: [lb],
    changes: [
      [ruled({ b1: 1 }), undefined],
      [rule, undefined],
      [web, undefined],
    ],
    warns: ['deletion'],
  },
  {
    rule: 'a new rule with the same targets takes the requests of a deleted one',
    sames: others,
    changes: [
      [ruled({ b1: 1 }), undefined],
      [rule, undefined],
      [undefined, created({ ...rule, name: 'api2' })],
      [undefined, created(attachment('next', previewTargets({ b1: 1 }), {}), { ruleId: { ...rule, name: 'api2' } })],
    ],
    warns: [],
  },
  {
    rule: 'a load balancer and its listener are replaced',
    sames: [],
    changes: [
      [lb, created({ ...lb, properties: { ...lb.properties, type: 'classic' } }), 'replace'],
      [web, created(web, { loadBalancerId: lb }), 'replace'],
    ],
    warns: ['replacement', 'replacement'],
  },
  {
    rule: 'the only target moves, in an open order',
    changes: [
      [a({ b1: 1 }), a({})],
      [b({}), b({ b1: 1 })],
    ],
    warns: ['open-order'],
  },
  {
    rule: 'the only target moves, and the old attachment is updated after the new one',
    changes: [
      [a({ b1: 1 }), { ...a({}), dependsOn: [b({})] }],
      [b({}), b({ b1: 1 })],
    ],
    warns: [],
  },
  {
    rule: 'the only target moves, and the new attachment is updated after the old one',
    changes: [
      [a({ b1: 1 }), a({})],
      [b({}), { ...b({ b1: 1 }), dependsOn: [a({})] }],
    ],
    warns: ['open-order'],
  },
  {
    rule: 'the only target moves to a new attachment, and the old one is deleted last',
    changes: [
      [a({ b1: 1 }), undefined],
      [undefined, created(b({ b1: 1 }))],
    ],
    warns: [],
  },
  {
    rule: 'one of two targets moves, and the other one serves',
    changes: [
      [a({ b1: 1, b2: 1 }), a({ b2: 1 })],
      [b({}), b({ b1: 1 })],
    ],
    warns: [],
  },
  {
    rule: 'both targets move',
    changes: [
      [a({ b1: 1, b2: 1 }), a({})],
      [b({}), b({ b1: 1, b2: 1 })],
    ],
    warns: ['open-order', 'open-order'],
  },
];

for (const { rule: name, sames = others, changes, warns } of ROWS) {
  test(`${name}: ${warns.length === 0 ? 'no warning' : warns.join(', ')}`, () => {
    const { warnings } = plan(sames, changes);
    assert.deepEqual(
      warnings.map((warning) => warning.rule),
      warns,
      JSON.stringify(warnings),
    );
  });
}

test('a replacement says whether VIP and port are kept', () => {
  const moved = created({ ...web, properties: { ...web.properties, loadBalancerId: 'lb-2' } });
  const at = (address?: string) => ({ ...lb, name: 'two', id: 'lb-2', properties: { address } });
  const textOf = (second: PreviewResource) => plan([lb, second], [[web, moved, 'replace']]).warnings[0]?.text ?? '';
  assert.match(textOf(at('127.0.0.1')), /endpoint `http:\/\/127\.0\.0\.1:80` is kept/);
  assert.match(textOf(at('127.0.0.2')), /endpoint changes, `http:\/\/127\.0\.0\.1:80`→`http:\/\/127\.0\.0\.2:80`/);
  assert.match(textOf(at()), /whether its endpoint is kept is known after up/);
});

test('the warning about an open order names both attachments', () => {
  const changes: PreviewChange[] = [
    [a({ b1: 1 }), a({})],
    [b({}), b({ b1: 1 })],
  ];
  assert.match(
    plan(others, changes).warnings[0]?.text ?? '',
    /`b1` moves from `a` to `b`.*give `a` `dependsOn: \[b\]`/,
  );
});
