// The attachments that serve a listener, by the owners of attachment, listener and load balancer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttachmentIndex } from '../../../../provider/model/rules/serving.ts';

const urnOf = (project: string | undefined) => project && `urn:pulumi:dev::${project}::weir::x`;

/** The owners of attachment, listener and load balancer, the lists of the last two, and whether the listener is served. */
const ROWS: readonly (readonly [
  attachment: string | undefined,
  listener: string | undefined,
  loadBalancer: string | undefined,
  lists: readonly [listener: readonly string[], loadBalancer: readonly string[]],
  isServed: boolean,
])[] = [
  ['shop', 'shop', 'corp', [[], []], true],
  ['corp', 'third', 'corp', [[], []], true],
  ['shop', 'corp', 'corp', [[], ['shop/*']], true],
  // A sharing that was withdrawn keeps what is there.
  ['shop', 'corp', 'corp', [[], []], true],
  ['shop', 'third', 'corp', [[], ['shop/*', 'third/*']], false],
  ['shop', 'third', 'corp', [['shop/prod'], ['shop/*']], false],
  ['shop', 'third', 'corp', [['shop/dev'], []], true],
  ['shop', 'third', undefined, [[], ['shop/*']], false],
  ['shop', 'third', undefined, [['*/*'], []], true],
  [undefined, 'third', 'corp', [[], []], true],
  ['shop', undefined, 'corp', [[], []], true],
];

for (const [attachment, listener, loadBalancer, [ofListener, ofLoadBalancer], isServed] of ROWS) {
  const owners = [attachment, listener, loadBalancer].map((owner) => owner ?? 'nobody').join(', ');
  test(`${owners}, shared with [${ofListener}] and [${ofLoadBalancer}]: ${isServed ? 'served' : 'not served'}`, () => {
    const own = { owner: urnOf(attachment), properties: { loadBalancerId: 'lb' } };
    const always = { owner: urnOf(loadBalancer), properties: { loadBalancerId: 'lb' } };
    const web = { owner: urnOf(listener), properties: { loadBalancerId: 'lb', sharedWith: ofListener } };
    const lb = { owner: urnOf(loadBalancer), properties: { sharedWith: ofLoadBalancer } };
    const serving = new AttachmentIndex([own, always]).ofListener('web', web, lb);
    assert.deepEqual(serving, isServed ? [own, always] : [always]);
    // What is attached to the listener itself was let attach there, and serves it alone.
    const direct = { owner: urnOf('shop'), properties: { listenerId: 'web' } };
    assert.deepEqual(new AttachmentIndex([own, direct]).ofListener('web', web, lb), [direct]);
  });
}
