// Statements: what they permit, how they are written, and which of them are refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaProblems } from '../../../../provider/model/objects/validate.ts';
import { permits, permitsSome } from '../../../../provider/model/permissions/statement.ts';
import { parseStatement, statementText } from '../../../../provider/model/permissions/statement-text.ts';
import { tokenSchema } from '../../../../provider/model/permissions/token.ts';

test('action and resource must be permitted by one statement; any of the actions is enough', () => {
  const statements = [
    { actions: ['slb:AddBackendServers'], resources: ['loadbalancer/a', 'instance/*'] },
    { actions: ['slb:Describe*'], resources: ['loadbalancer/b'] },
  ];
  assert.ok(permits(statements, ['slb:RegisterTargets', 'slb:AddBackendServers'], 'loadbalancer/a'));
  assert.ok(!permits(statements, ['slb:AddBackendServers'], 'loadbalancer/b'));
  assert.ok(!permits(statements, ['slb:DescribeListeners'], 'loadbalancer/a'));
  assert.ok(permitsSome(statements, { actions: ['slb:DescribeRules'], types: ['loadbalancer'] }));
  assert.ok(!permitsSome(statements, { actions: ['slb:DescribeServers'], types: ['instance'] }));
  assert.ok(
    permitsSome([{ actions: ['*'], resources: ['*'] }], { actions: ['slb:RestartWorker'], types: ['runtime'] }),
  );
});

test('a statement is written in one line, which reads back as the same statement', () => {
  const text = 'slb:AddBackendServers,slb:Describe* on loadbalancer/web-*,instance/*';
  const statement = parseStatement(` ${text.replaceAll(',', ' , ')} `);
  assert.deepEqual(statement, {
    actions: ['slb:AddBackendServers', 'slb:Describe*'],
    resources: ['loadbalancer/web-*', 'instance/*'],
  });
  assert.equal(statement && statementText(statement), text);
  for (const none of ['', 'slb:*', 'on runtime', 'slb:* on a on b'])
    assert.equal(parseStatement(none), undefined, none);
});

test('a pattern that could never permit anything is refused with its path', () => {
  const statement = { actions: ['slb:AddBackendServer', 'slb:*'], resources: ['loadbalancers/web', 'runtime'] };
  const problems = schemaProblems(tokenSchema, {
    name: '',
    statements: [statement, { actions: [], resources: ['*'] }],
    expiresAt: 'soon',
  });
  assert.deepEqual(problems.map(({ path }) => path).sort(), [
    'expiresAt',
    'name',
    'statements[0].actions[0]',
    'statements[0].resources[0]',
    'statements[1].actions',
  ]);
});

test('a body that is not an object is refused as such', () => {
  assert.deepEqual(schemaProblems(tokenSchema, []), [{ path: '', message: 'the body must be a JSON object' }]);
});
