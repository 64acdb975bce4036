// Renames of listeners, rules, attachments and load balancers without an alias under load: no request fails.
import { test } from 'node:test';
import { makePair } from '../harness/machine/certificates.ts';
import { LoadedStack, type Row } from '../harness/stack/loaded-stack.ts';

const HTTPS = { protocol: 'HTTPS', certificates: { main: makePair(['first.example']) } };

/**
 * Returns code for attachments without awaitHealthySeconds, so that the runtime must delay its responses until the
 * first checks have ended.
 */
const own = (prefix: string) => `
for (const [of, parent] of Object.entries({ web: { listenerId: web.id }, tcp: { listenerId: tcp.id }, rule: { ruleId: rule.id } }))
  new weir.TargetAttachment('${prefix}-' + of, { ...parent, targets: { a, b } });`;
/** Returns code for attachments in which the listeners share the targets of their load balancer. */
const shared = (prefix: string) => `
new weir.TargetAttachment('${prefix}-rule', { ruleId: rule.id, targets: { a, b } });
new weir.TargetAttachment('${prefix}-shared', { loadBalancerId: lb.id, targets: { a, b } });`;

const ROWS: readonly Omit<Row, 'responding'>[] = [
  { what: 'the TCP and the HTTPS listener', targets: own('pool'), web: HTTPS, names: { web: 'web2', tcp: 'tcp2' } },
  {
    what: 'the load balancer, whose address the new one takes',
    targets: own('pool'),
    web: HTTPS,
    names: { web: 'web2', tcp: 'tcp2', lb: 'lb2' },
  },
  {
    what: 'all resources at once, while HTTPS becomes HTTP',
    targets: own('other'),
    names: { rule: 'rule3', lb: 'lb3' },
  },
  {
    what: 'the HTTP listener, with attachments that wait for health',
    targets: `bind('awaited', { a, b });`,
    names: { web: 'web3', rule: 'rule3', lb: 'lb3' },
  },
  {
    what: 'no resource, but the listeners get the targets of their load balancer',
    targets: shared('other'),
    names: { rule: 'rule3', lb: 'lb3' },
  },
  {
    what: 'listeners with the targets of their load balancer',
    targets: shared('other'),
    names: { web: 'web4', tcp: 'tcp4', rule: 'rule3', lb: 'lb3' },
  },
  {
    what: 'a load balancer with its targets',
    targets: shared('last'),
    names: { web: 'web4', tcp: 'tcp4', lb: 'lb4' },
  },
];

test('no request fails while resources are renamed under load', async (t) => {
  const loaded = await LoadedStack.start(t, { targets: own('pool'), web: HTTPS });
  for (const row of ROWS) await t.test(row.what, () => loaded.row({ ...row, responding: 'ab' }));
});
