// The status as text: what is said of listeners and rules without targets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filters, filteredPart } from '../../../../provider/cli/status/filters.ts';
import { viewOf, viewText } from '../../../../provider/cli/status/view.ts';
import type { StatusResponse } from '../../../../provider/model/api/status.ts';

const rule = (id: string) => ({ id, path: `/${id}`, pathMatch: 'prefix' as const, isAttached: true });
const target = {
  ...{ name: 'a', rule: 'api', tags: { team: 'shop' }, address: '127.0.0.1', port: 1, weight: 1 },
  ...{ health: 'healthy' as const, history: [], requests: 0, activeConnections: 0, draining: 0 },
};
const MOVED = { ...rule('old'), isAttached: false, action: 'redirect' as const };
const STATUS: StatusResponse = {
  ...{ version: 1, engines: [], workers: [] },
  listeners: [
    {
      ...{ id: 'web', endpoint: 'http://127.0.0.1:80', tags: { team: 'web' } },
      ...{ rules: [rule('api'), rule('new'), MOVED], targets: [target] },
    },
  ],
};

test('a listener or rule whose targets the filters leave out is told apart from one without targets', () => {
  const textWith = (some: Partial<Filters>) => {
    const filters = { listeners: [], stacks: [], healths: [], tags: [], ...some };
    return viewText(viewOf(filteredPart(STATUS, filters), { whole: STATUS, filters }), undefined);
  };
  const ofWeb = textWith({ tags: [{ name: 'team', value: 'web' }] });
  assert.match(ofWeb, /^rule api {2}\/api$/m);
  assert.match(ofWeb, /^rule new {2}\/new {2}no targets$/m);
  assert.match(ofWeb, /^rule old {2}\/old {2}responds by its redirect$/m);
  assert.match(textWith({}), /^rule api {2}\/api\na /m);
  // A caller that may not see workers gets no empty table of them.
  assert.doesNotMatch(textWith({}), /worker/);
});
