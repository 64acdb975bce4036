// Statements as fences: which writes to a shared load balancer each form of a statement permits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { parseStatement } from '../../../../../provider/model/permissions/statement-text.ts';
import { mayAll, TokenAccess } from '../../../../../provider/runtime/control/access/access.ts';
import { mayRead, needsOfWrite } from '../../../../../provider/runtime/control/access/permissions.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put as putAs } from '../../../../harness/control/drafts.ts';

/** All objects are of one stack, so that two listeners may share a port. */
const owner = 'urn:pulumi:dev::shop::weir::x';
const put = (draft: Draft, kind: Kind, id: string, input: object) => putAs(draft, kind, id, input, { owner });

const TARGETS = { a: { address: '10.0.0.1', port: 80 } };

/** The load balancer `lb` with the listeners `web` and `far`, each with a rule, and with targets at every place. */
function world(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', {});
  for (const [id, port] of [
    ['web', 80],
    ['far', 81],
  ] as const) {
    put(draft, 'listeners', id, { loadBalancerId: 'lb', protocol: 'HTTP', port });
    put(draft, 'rules', `${id}-api`, { listenerId: id, path: '/api' });
    put(draft, 'attachments', `on-${id}`, { listenerId: id, targets: TARGETS });
    put(draft, 'attachments', `on-${id}-api`, { ruleId: `${id}-api`, targets: TARGETS });
  }
  put(draft, 'attachments', 'on-lb', { loadBalancerId: 'lb', targets: TARGETS });
  put(draft, 'groups', 'g', {});
  return draft;
}

/** Writes by what they do. Without an input, the object is deleted. */
const WRITES = {
  'change the load balancer': ['load-balancers', 'lb', { tags: { a: 'b' } }],
  'delete the load balancer': ['load-balancers', 'lb'],
  'create a listener': ['listeners', 'new', { loadBalancerId: 'lb', protocol: 'HTTP', port: 82 }],
  'create a listener at the port of web': ['listeners', 'new', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 }],
  'change web': ['listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80, drainSeconds: 1 }],
  'give web the port of far': ['listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 81 }],
  'delete web': ['listeners', 'web'],
  'create a rule of web': ['rules', 'new', { listenerId: 'web', path: '/new' }],
  'change the rule of web': ['rules', 'web-api', { listenerId: 'web', path: '/other' }],
  'delete the rule of web': ['rules', 'web-api'],
  'move the rule of web to far': ['rules', 'web-api', { listenerId: 'far', path: '/web' }],
  'bind to the load balancer': ['attachments', 'new', { loadBalancerId: 'lb', targets: TARGETS }],
  'unbind from the load balancer': ['attachments', 'on-lb'],
  'bind to web': ['attachments', 'new', { listenerId: 'web', targets: TARGETS }],
  'change a weight of web': [
    'attachments',
    'on-web',
    { listenerId: 'web', targets: { a: { ...TARGETS.a, weight: 1 } } },
  ],
  'unbind from web': ['attachments', 'on-web'],
  'bind to the rule of web': ['attachments', 'new', { ruleId: 'web-api', targets: TARGETS }],
  'unbind from the rule of web': ['attachments', 'on-web-api'],
  'move targets from web to its rule': ['attachments', 'on-web', { ruleId: 'web-api', targets: TARGETS }],
  'attach the group to web': ['group-attachments', 'new', { groupId: 'g', listenerId: 'web', port: 80 }],
  'unbind from far': ['attachments', 'on-far'],
  'delete the rule of far': ['rules', 'far-api'],
} as const satisfies Record<string, readonly [kind: Kind, id: string, input?: object]>;

type WriteName = keyof typeof WRITES;
const ALL = Object.keys(WRITES) as WriteName[];

const ON_WEB = ['bind to web', 'change a weight of web', 'unbind from web'] as const;
const ON_RULE = ['bind to the rule of web', 'unbind from the rule of web'] as const;
const OF_WEB = ['change web', 'delete web', 'create a rule of web', ...ON_WEB] as const;
const OF_RULE = ['change the rule of web', 'delete the rule of web', ...ON_RULE] as const;

/** The writes that a token permits, and the objects beside the group that it may read. */
const ROWS: readonly (readonly [allow: readonly string[], permitted: readonly WriteName[], read: readonly string[]])[] =
  [
    [
      ['slb:* on loadbalancer/lb'],
      ALL.filter((name) => name !== 'attach the group to web'),
      ['lb', 'web', 'far', 'web-api', 'far-api', 'on-web', 'on-web-api', 'on-far', 'on-far-api', 'on-lb'],
    ],
    [['slb:* on loadbalancer/other,listener/lb,rule/lb,rule/web,listener/web-api'], [], []],
    [['slb:* on listener/web'], OF_WEB, ['web', 'on-web']],
    [['slb:* on listener/web,scalinggroup/g'], [...OF_WEB, 'attach the group to web'], ['web', 'on-web']],
    [
      ['slb:* on listener/*'],
      [...OF_WEB, 'give web the port of far', 'unbind from far'],
      ['web', 'far', 'on-web', 'on-far'],
    ],
    [['slb:* on rule/web-*'], OF_RULE, ['web-api', 'on-web-api']],
    [
      ['slb:* on rule/web-api,listener/web'],
      [...OF_WEB, ...OF_RULE, 'move targets from web to its rule'],
      ['web', 'web-api', 'on-web', 'on-web-api'],
    ],
    [
      ['slb:CreateRule on listener/far', 'slb:* on rule/web-*'],
      [...OF_RULE, 'move the rule of web to far'],
      ['web-api', 'on-web-api'],
    ],
    [['slb:CreateRule on listener/web'], ['create a rule of web'], []],
    [['slb:CreateRule,slb:DeleteRule,slb:ModifyRule on listener/web'], ['create a rule of web'], []],
    [['slb:CreateRule on rule/*'], [], []],
    [['slb:CreateListener on listener/*'], [], []],
    [['slb:CreateListener on loadbalancer/lb'], ['create a listener'], []],
    [
      ['slb:CreateListener on loadbalancer/lb', 'slb:ModifyListener on listener/web'],
      ['create a listener', 'create a listener at the port of web', 'change web'],
      [],
    ],
  ];

for (const [allow, permitted, read] of ROWS) {
  test(`a token for "${allow.join('; ')}" permits exactly what it names`, () => {
    const statements = allow.map((text) => parseStatement(text) ?? assert.fail(text));
    const access = new TokenAccess({ id: 'team-1', name: 'team', statements }, () => true);
    const found = ALL.filter((name) => {
      const [kind, id, input] = WRITES[name] as readonly [Kind, string, object?];
      const [view, draft] = [world(), world()];
      const after = input === undefined ? undefined : put(draft, kind, id, input);
      return mayAll(access, needsOfWrite(view, view.get<Kind>(kind, id), after));
    });
    assert.deepEqual(found.sort(), [...permitted].sort());
    const view = world();
    const readable = (['load-balancers', 'listeners', 'rules', 'attachments'] as const).flatMap((kind) =>
      [...view.list<Kind>(kind)].filter((object) => mayRead(access, view, object)).map(({ id }) => id),
    );
    assert.deepEqual(readable.sort(), [...read].sort());
  });
}
