// Who pays for a check: the token that bound the target or changed the listener or rule last, if any did.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import { payerOf } from '../../../../../provider/runtime/control/health/check-payer.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

test('a check is paid by the token that last made it what it is', () => {
  const draft = emptyDraft();
  const payers = () => {
    const model = draft.toModel();
    return [...compile(draft).snapshot.targetGroups.values()].flatMap((targetGroup) =>
      [...targetGroup.targets.values()].map((target) => payerOf(model, target, targetGroup)),
    );
  };
  const t = (port: number) => ({ address: '10.0.0.1', port });
  const web = (more: object, caller: string | undefined) =>
    put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 1, ...more }, { caller });
  const bind = (targets: object, caller: string | undefined) =>
    put(draft, 'attachments', 'pool', { loadBalancerId: 'lb', targets }, { caller });
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  web({}, undefined);
  bind({ x: t(1) }, undefined);
  assert.deepEqual(payers(), [undefined]);
  // Targets that another caller adds to the attachment are its own.
  bind({ x: t(1), y: t(2) }, 'b');
  assert.deepEqual(payers(), [undefined, 'b']);
  // A listener below the load balancer checks the targets anew, and so does a faster check.
  put(draft, 'listeners', 'more', { loadBalancerId: 'lb', protocol: 'HTTP', port: 2 }, { caller: 'c' });
  assert.deepEqual(payers(), [undefined, 'b', 'c', 'c']);
  web({ healthCheck: { intervalSeconds: 1 } }, 'd');
  assert.deepEqual(payers(), ['d', 'd', 'c', 'c']);
  // The administrator does not take over what a token pays for.
  web({ healthCheck: { intervalSeconds: 2 } }, undefined);
  assert.deepEqual(payers(), [undefined, 'b', 'c', 'c']);
  put(draft, 'rules', 'r', { listenerId: 'web', host: 'a.example' }, { caller: 'e' });
  put(draft, 'attachments', 'of-rule', { ruleId: 'r', targets: { z: t(3) } });
  assert.deepEqual(payers(), [undefined, 'b', 'e', 'c', 'c']);
});

test('a group attachment with the id of an attachment pays for its own targets', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'TCP', port: 1 });
  put(draft, 'attachments', 'pool', { listenerId: 'web', targets: { x: { address: '10.0.0.1', port: 1 } } });
  put(draft, 'backend-servers', 'i-1', { region: 'a', vpcId: 'v', addresses: ['10.0.0.2'] });
  put(draft, 'groups', 'g', { members: { m: 'i-1' } });
  put(draft, 'group-attachments', 'pool', { listenerId: 'web', groupId: 'g', port: 2 }, { caller: 'a' });
  const [targetGroup] = compile(draft).snapshot.targetGroups.values();
  const target = targetGroup?.targets.get('10.0.0.2:2');
  assert.ok(targetGroup && target);
  assert.equal(payerOf(draft.toModel(), target, targetGroup), 'a');
});
