// The refusal of a deletion names what the same command has deleted below the object.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeletedObjects } from '../../../provider/methods/deleted-objects.ts';
import { WeirError } from '../../../provider/model/base/errors.ts';

const owner = (name: string) => `urn:pulumi:dev::shop::type::${name}`;

async function refusal(deletedObjects: DeletedObjects, id: string, code: WeirError['code'] = 'InUse'): Promise<string> {
  const act = async () => {
    throw new WeirError(code, `The load balancer ${id} is used by listener x: delete those first.`);
  };
  const error = await deletedObjects.run('load-balancers', id, { owner: owner(id) }, act).catch((thrown) => thrown);
  assert.equal(error.code, code);
  return error.message;
}

test('a refused deletion names the deleted objects below it at any depth, and no others', async () => {
  const deletedObjects = new DeletedObjects();
  const done = async () => {};
  await deletedObjects.run('attachments', 'pool-1', { ruleId: 'api-1', targets: {}, owner: owner('pool') }, done);
  await deletedObjects.run(
    'attachments',
    'other-1',
    { loadBalancerId: 'other', targets: {}, owner: owner('other') },
    done,
  );
  await deletedObjects.run('rules', 'api-1', { listenerId: 'web-1', owner: owner('api') }, done);
  await assert.rejects(
    deletedObjects.run('rules', 'kept-1', { listenerId: 'web-1', owner: owner('kept') }, async () => {
      throw new WeirError('InUse', 'in use');
    }),
  );
  await deletedObjects.run('listeners', 'web-1', { loadBalancerId: 'edge', owner: owner('web') }, done);
  assert.match(
    await refusal(deletedObjects, 'edge'),
    /delete those first\. This command has already deleted what this stack had there: attachment pool, rule api, listener web\. .*option protect on it would have kept it/,
  );
  assert.match(await refusal(deletedObjects, 'unused'), /delete those first\.$/);
  assert.match(await refusal(deletedObjects, 'edge', 'Unreachable'), /delete those first\.$/);
});

test('of many deleted objects, the first ten are named and the others are counted', async () => {
  const deletedObjects = new DeletedObjects();
  for (let index = 0; index < 13; index++) {
    const state = { loadBalancerId: 'edge', owner: owner(`l${index}`) };
    await deletedObjects.run('listeners', `l${index}`, state, async () => {});
  }
  assert.match(await refusal(deletedObjects, 'edge'), /listener l0, .*listener l9 and 3 more\./);
});
