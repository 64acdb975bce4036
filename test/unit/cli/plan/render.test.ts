// The comment that a plan makes: what it contains, what it never contains, and how long it gets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeView } from '../../../../provider/cli/plan/plan.ts';
import { renderPlan } from '../../../../provider/cli/plan/render.ts';
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

function markdown(sames: readonly PreviewResource[], changes: readonly PreviewChange[] = []): string {
  return renderPlan(plan(sames, changes));
}

test('a plan without changes has no section', () => {
  assert.equal(
    markdown([lb, web, attachment('pool', previewTargets({ b1: 1 }))]),
    '<!-- weir plan -->\n\n## Weir plan\n\nNothing changes.\n',
  );
});

test('operations, shares and warnings of a listener are shown, under "this stack only" without a runtime', () => {
  const change: PreviewChange = [
    attachment('pool', previewTargets({ b1: 20, b2: 20, b4: 60 })),
    attachment('pool', previewTargets({ b1: 20, b2: 25, b5: 5 })),
  ];
  const text = markdown([lb, web], [change]);
  for (const line of [
    'Traffic: 1 weight changed, 1 target unbound, 1 target bound. Resources: 1 changed.',
    '> - **over-half**: 60 % of the weight of listener `web` is removed (60 of 100).',
    '### Listener `web` at `http://127.0.0.1:80` (this stack only)',
    '- weight `b2` `20`→`25`',
    '- unbind `b4` `10.0.0.4:80` (`pool`)',
    '- bind `b5` `10.0.0.5:80` weight 5 (`pool`)',
    '| `b1` | `pool` | `10.0.0.1:80` | 20 | 20 % | 40 % |',
    '| `b2` | `pool` | `10.0.0.2:80` | 20→25 | 20 % | 50 % |',
    '| `b4` | `pool` | `10.0.0.4:80` | 60 | 60 % | 0 % |',
    '| `b5` | `pool` | `10.0.0.5:80` | 5 | 0 % | 10 % |',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`);
  }
  const whole = renderPlan({ ...plan([lb, web], [change]), gap: undefined });
  assert.doesNotMatch(whole, /this stack only/);
});

test('a runtime that does not show everything gives "this stack only", too, and unknown targets are shown as unknown', () => {
  const pool = attachment('pool', UNKNOWN as never);
  const stored = (id: string, properties: object) => ({ id, incarnation: 'i', version: 1, ...properties });
  const runtime = (listeners: string[]): RuntimeView => ({
    holderOf: () => undefined,
    healthOf: () => undefined,
    objects: new Map([
      ['load-balancers', [stored('lb-1', lb.properties)]],
      ['listeners', listeners.map((id) => stored(id, web.properties))],
    ]),
  });
  const textOf = (listeners: string[]) => renderPlan(plan([lb, web], [[undefined, pool]], runtime(listeners)));
  assert.match(
    textOf([]),
    /\(this stack only\)[\s\S]*bound: listener `web` is not in the runtime \(preview with --refresh\), or not for this token/,
  );
  assert.doesNotMatch(textOf(['web-1']), /this stack only/);
  assert.match(textOf(['web-1']), /^Traffic: targets of 1 attachment known after up\. Resources: 1 created\.$/m);
});

test('created, changed, replaced and deleted objects have a row with their properties, and moved endpoints have one', () => {
  const tcp = previewListener('tcp', 90, { protocol: 'TCP' });
  const text = markdown(
    [{ ...previewListener('stays', 70) }],
    [
      [lb, { ...lb, properties: { address: '127.0.0.2', tags: { team: UNKNOWN } } }],
      [web, { ...web, properties: { ...web.properties, port: 81, drainSeconds: 5 } }],
      [undefined, { ...previewListener('new', 99), id: undefined }],
      [tcp, undefined],
    ],
  );
  for (const line of [
    '| load balancer `lb` | changed | `address` `127.0.0.1`→`127.0.0.2`, `tags.team` `none`→`known after up` |',
    '| listener `web` | changed | `port` `80`→`81`, `drainSeconds` `0`→`5` |',
    '| listener `new` | created | `loadBalancerId` `lb`, `protocol` `HTTP`, `port` `99` |',
    '| listener `tcp` | **deleted** |  |',
    '| `web` | `http://127.0.0.1:80` | `http://127.0.0.2:81` |',
    '| `stays` | `http://127.0.0.1:70` | `http://127.0.0.2:70` |',
  ]) {
    assert.ok(text.includes(line.replace('`none`→', '')) || text.includes(line), `${line}\nis not in\n${text}`);
  }
});

test('defaults that depend on an unknown protocol are unknown', () => {
  const unknown = { ...web, properties: { ...web.properties, protocol: UNKNOWN } };
  assert.match(
    markdown([lb], [[web, unknown]]),
    /`protocol` `HTTP`→`known after up`, `idleTimeoutSeconds` `60`→`known after up`, `healthCheck`/,
  );
});

test('secrets are named and never shown, even if the preview has them in plain text', () => {
  const secret = (cookieKey: string, privateKey: string) =>
    previewListener('web', 443, {
      protocol: 'HTTPS',
      stickySession: { type: 'cookie', cookieKey },
      certificates: { main: { certificate: 'PUBLIC', privateKey } },
      tags: '[secret]',
    });
  const text = markdown(
    [lb],
    [
      [secret('hunter2-key', 'PRIVATE-1'), secret('hunter3-key', 'PRIVATE-2')],
      [undefined, { ...secret('hunter4-key', 'PRIVATE-3'), name: 'next', id: undefined }],
    ],
  );
  assert.match(text, /`certificates\.main\.privateKey`/);
  assert.doesNotMatch(text, /hunter|PRIVATE/);
});

test('hostile names stay in their cells', () => {
  const name = 'x|y`</details><script>@team\n# head';
  const text = markdown(
    [lb, { ...web, name }],
    [[attachment(name, {}), attachment(name, { [name]: { address: '10.0.0.1', port: 80 } })]],
  );
  assert.doesNotMatch(text, /<script>|<\/details>|^# head/m);
  for (const line of text.split('\n').filter((each) => each.startsWith('|')))
    assert.equal(line.split('|').length, 8, line);
});

test('the health of each target at present is the last column if a runtime is known', () => {
  const stored = (id: string, properties: object) => ({ id, incarnation: 'i', version: 1, ...properties });
  const [before, after] = [previewTargets({ b1: 20, b2: 20 }), previewTargets({ b1: 20, b2: 0, b3: 1 })];
  const runtime: RuntimeView = {
    holderOf: () => undefined,
    healthOf: (parent, key) => (parent === 'listeners web-1' && key === '10.0.0.2:80' ? 'unhealthy' : undefined),
    objects: new Map([
      ['load-balancers', [stored('lb-1', { ...lb.properties, vip: '127.0.0.1' })]],
      ['listeners', [stored('web-1', web.properties)]],
      ['attachments', [stored('pool-1', { listenerId: 'web-1', targets: before })]],
    ]),
  };
  const text = renderPlan(plan([lb, web], [[attachment('pool', before), attachment('pool', after)]], runtime));
  for (const line of [
    '| target | attachment | address | weight | share before | share after | health now |',
    '| `b1` | `pool` | `10.0.0.1:80` | 20 | 50 % | 95.2 % | not known |',
    '| `b2` | `pool` | `10.0.0.2:80` | 20→0 | 50 % | 0 % | unhealthy |',
    '| `b3` | `pool` | `10.0.0.3:80` | 1 | 0 % | 4.8 % | not bound |',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`);
  }
});

test('one item is counted in the singular, and several in the plural', () => {
  const targets = (count: number, port: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`t${index}`, { address: `10.0.0.${index}`, port, weight: 1 }]),
    );
  const fronts = (count: number) =>
    Array.from({ length: count }, (_, index) => previewListener(`l${index}`, 100 + index));
  const textOf = (count: number) =>
    markdown(
      [lb, web],
      [
        [attachment('pool', targets(count, 80)), attachment('pool', targets(count, 81))],
        ...fronts(count).map((front): PreviewChange => [undefined, { ...front, id: undefined }]),
      ],
    );
  for (const [count, summary, rest] of [
    [1, '1 port changed', undefined],
    [21, '21 ports changed', '1 more'],
    [22, '22 ports changed', '2 more'],
  ] as const) {
    const text = textOf(count);
    assert.ok(text.includes(`Traffic: ${summary}. Resources: 1 changed, ${count} created.`), text);
    const folded = ['change', 'target', 'resource'].map((what) => `>${rest} ${what}${count === 22 ? 's' : ''}<`);
    for (const line of rest === undefined ? [] : folded) assert.ok(text.includes(line), `${line} is not in ${text}`);
  }
});

test('500 targets stay readable: 20 are in sight, and the others are folded away under their number', () => {
  const many = (weight: number) =>
    Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `t${index}`,
        { address: `10.0.${index >> 8}.${index & 255}`, port: 80, weight },
      ]),
    );
  const text = markdown([lb, web], [[attachment('pool', {}), attachment('pool', many(1))]]);
  assert.match(text, /Traffic: 500 targets bound\./);
  assert.match(text, /<details><summary>480 more changes<\/summary>\n\n- /);
  assert.match(text, /<details><summary>480 more targets<\/summary>\n\n\| target /);
  assert.ok(text.length < 65_536, `${text.length}`);
  const listeners = Array.from({ length: 40 }, (_, index) => previewListener(`l${index}`, 100 + index));
  const shared = (weight: number) => attachment('pool', many(weight), { loadBalancerId: 'lb-1' });
  const crowd = markdown(
    [lb, ...listeners],
    [
      [
        shared(1),
        {
          ...shared(1),
          properties: { loadBalancerId: 'lb-1', targets: { ...many(1), t0: { address: '10.9.9.9', port: 1 } } },
        },
      ],
    ],
  );
  assert.ok(crowd.length < 65_536, `${crowd.length}`);
  assert.match(crowd, /### Listener `l39` [^\n]*\n\n- address `t0`/);
  assert.match(crowd, /\n\n\.\.\. and 480 more targets\n/);
});

test('a thousand deleted listeners fit into a comment', () => {
  const deleted = Array.from({ length: 1000 }, (_, index): PreviewChange[] => {
    const [front, map] = [previewListener(`l${index}`, 1000 + index), previewTargets({ b1: 1 })];
    return [
      [attachment(`p${index}`, map, { listenerId: front.id }), undefined],
      [front, undefined],
    ];
  });
  const text = markdown([lb], deleted.flat());
  assert.ok(text.length < 65_536, `${text.length}`);
  assert.match(text, /^> - \.\.\. and 980 more warnings$/m);
  assert.match(text, /^\.\.\. and 1980 more resources$/m);
  assert.match(text, /^1000 listeners and rules change, too much for one comment\.$/m);
});

test('resources with many changed properties fit into a comment', () => {
  const tags = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`tag-${index}`, 'v'.repeat(70)]));
  const created = Array.from({ length: 20 }, (_, index): PreviewChange => {
    return [undefined, { ...previewListener(`l${index}`, 1000 + index, { tags }), id: undefined }];
  });
  const text = markdown([lb], created);
  assert.ok(text.length < 65_536, `${text.length}`);
  assert.match(text, /, \.\.\. and 62 more \|$/m);
});
