// Filters of a status, by themselves and together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Filters,
  filteredPart,
  unknownTags,
  unknownValues,
  wantedHealth,
  wantedTag,
} from '../../../../provider/cli/status/filters.ts';
import type { StatusResponse } from '../../../../provider/model/api/status.ts';
import type { Health } from '../../../../provider/model/base/health.ts';

const target = (name: string, stack: string, health: Health, rule?: string, tags?: Record<string, string>) => ({
  ...{ name, stack, health, rule, tags, address: '127.0.0.1', port: 1, weight: 1 },
  ...{ history: [], requests: 0, activeConnections: 0, draining: 0 },
});
const rule = (id: string, stack: string) => ({ id, stack, host: 'h', pathMatch: 'prefix' as const, isAttached: true });
const STATUS: StatusResponse = {
  ...{ version: 1, engines: [], workers: [] },
  listeners: [
    {
      ...{ id: 'web-1', resource: 'front', endpoint: 'http://127.0.0.1:80', stack: 'platform/prod' },
      tags: { team: 'web' },
      loadBalancer: { id: 'lb', stack: 'platform/prod' },
      rules: [rule('api', 'shop/dev'), rule('idle', 'shop/prod')],
      targets: [
        target('a', 'platform/prod', 'healthy'),
        target('s', 'shop/dev', 'unhealthy', 'api', { team: 'shop' }),
        target('t', 'tools/dev', 'healthy', 'api'),
      ],
    },
    {
      ...{ id: 'db-2', endpoint: 'tcp://127.0.0.1:81', stack: 'data/dev' },
      targets: [target('d', 'data/dev', 'unchecked')],
    },
  ],
};

const filters = (some: Partial<Filters>): Filters => ({ listeners: [], stacks: [], healths: [], tags: [], ...some });
const tag = (...texts: string[]) => texts.reduce<ReturnType<typeof wantedTag>>((all, text) => wantedTag(text, all), []);

test('what is shown passes every filter, and of one filter with several values any of them', () => {
  const shown = (some: Partial<Filters>) =>
    filteredPart(STATUS, filters(some))
      .listeners.map(({ id, rules = [], targets }) => [
        id,
        ...[...rules.map((r) => r.id), ...targets.map((t) => t.name)],
      ])
      .join(' ')
      .replaceAll(',', ' ');
  const rows: [Partial<Filters>, string][] = [
    [{}, 'web-1 api idle a s t db-2 d'],
    [{ listeners: ['web-1'] }, 'web-1 api idle a s t'],
    [{ listeners: ['front', 'd*'] }, 'web-1 api idle a s t db-2 d'],
    [{ listeners: ['we'] }, ''],
    [{ stacks: ['shop/dev'] }, 'web-1 api s t'],
    [{ stacks: ['dev'] }, 'web-1 api s t db-2 d'],
    [{ stacks: ['shop/prod'] }, 'web-1 idle'],
    [{ stacks: ['platform/*'] }, 'web-1 a'],
    [{ healths: ['unhealthy', 'unchecked'] }, 'web-1 api s db-2 d'],
    [{ healths: ['ineligible'] }, ''],
    [{ tags: tag('team=web') }, 'web-1 api idle a t'],
    [{ tags: tag('team'), stacks: ['dev'], healths: ['unhealthy'] }, 'web-1 api s'],
    [{ listeners: ['db-2'], stacks: ['shop/dev'] }, ''],
  ];
  for (const [some, expected] of rows) assert.equal(shown(some), expected, JSON.stringify(some));
});

test('a value that nothing has is named with those that there are', () => {
  const unknown = (some: Partial<Filters>) => [
    ...unknownValues(STATUS, filters(some)),
    ...unknownTags(STATUS, filters(some)),
  ];
  assert.deepEqual(unknown({ listeners: ['web-1', 'x\u001b'] }), ['no listener x\\u001b: there are db-2, web-1']);
  assert.deepEqual(unknown({ stacks: ['none', 'shop/*'] }), [
    'no stack none: there are data/dev, platform/prod, shop/dev, shop/prod, tools/dev',
  ]);
  assert.deepEqual(unknown({ tags: tag('team=x', 'team') }), ['no tag team=x: there are team=shop, team=web']);
  assert.throws(() => wantedHealth('sick'), /The states are healthy, unhealthy, checking, unchecked, ineligible\./);
});
