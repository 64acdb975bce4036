// Listeners that share a VIP:port: which listener serves, which listeners wait, and when they take over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import type { HealthView } from '../../../../../provider/runtime/contract/engine.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { endpointWarnings } from '../../../../../provider/runtime/control/write/endpoints.ts';
import { dueTransfers, transferInDraft } from '../../../../../provider/runtime/control/write/socket-transfer.ts';
import { nameOf } from '../../../../../provider/runtime/stored/references.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const ownerOf = (name: string, stack = 'dev') => `urn:pulumi:${stack}::shop::weir::${name}`;
const ALL_HEALTHY: HealthView = () => 'healthy';

class World {
  readonly draft = emptyDraft();

  put(kind: Kind, id: string, input: Record<string, unknown>, owner: string | undefined = ownerOf(id)): void {
    put(this.draft, kind, id, input, { owner });
  }

  loadBalancer(id: string, address: string): void {
    this.put('load-balancers', id, { address, sharedWith: ['shop/prod'] });
  }

  listener(id: string, port = 80, loadBalancerId = 'lb', protocol = 'HTTP'): void {
    this.put('listeners', id, { loadBalancerId, protocol, port });
  }

  /** Attaches one target to a listener or a rule. */
  bind(id: string, parent: { listenerId: string } | { ruleId: string }): void {
    this.put('attachments', id, { ...parent, targets: { a: { address: '10.0.0.1', port: 80 } } });
  }

  delete(kind: Kind, id: string): void {
    deleteObject(this.draft, kind, id, undefined);
  }

  /** Returns the ids of the serving listeners and those of the waiting listeners. */
  get who(): { serve: string[]; wait: string[] } {
    const { listeners, waiting } = compile(this.draft).snapshot;
    return { serve: [...listeners.keys()].sort(), wait: [...waiting.keys()].sort() };
  }

  /** Returns the ids of the listeners that may take over now. */
  due(health: HealthView = ALL_HEALTHY): string[] {
    return dueTransfers(this.draft, compile(this.draft).snapshot, health);
  }

  transfer(): void {
    assert.ok(transferInDraft(this.draft, compile(this.draft).snapshot, ALL_HEALTHY));
  }

  warnings(id: string): string[] {
    const listener = this.draft.get('listeners', id);
    return listener === undefined ? [] : endpointWarnings(this.draft, listener, nameOf);
  }
}

/** A model in which the listener `old` serves port 80 with its own target. */
function world(): World {
  const made = new World();
  made.loadBalancer('lb', '127.0.0.1');
  made.listener('old');
  made.bind('old', { listenerId: 'old' });
  return made;
}

test('a new listener of the same stack waits, takes over with its first target, and gives way without targets', () => {
  const made = world();
  made.listener('new');
  assert.deepEqual(made.who, { serve: ['old'], wait: ['new'] });
  assert.match(made.warnings('new').join(), /waits behind listener old of urn:\S+ for 127\.0\.0\.1:80/);
  assert.deepEqual(made.due(), []);
  made.bind('new', { listenerId: 'new' });
  assert.deepEqual(
    made.due(() => 'checking'),
    [],
  );
  assert.deepEqual(made.due(), ['new']);
  made.transfer();
  assert.deepEqual(made.who, { serve: ['new'], wait: ['old'] });
  assert.match(made.warnings('old').join(), /listener new of urn:\S+ has taken over 127\.0\.0\.1:80/);
  assert.deepEqual(made.warnings('new'), []);
  // A listener that served before does not take over again while the serving listener has targets.
  assert.deepEqual(made.due(), []);
  made.delete('attachments', 'new');
  assert.deepEqual(made.due(), ['old']);
  made.transfer();
  made.bind('new', { listenerId: 'new' });
  assert.deepEqual(made.due(), []);
  made.delete('attachments', 'old');
  assert.deepEqual(made.due(), ['new']);
});

test('a waiting listener serves once the serving listener is deleted or moves away, and an equal put keeps it', () => {
  const gone = world();
  gone.listener('new');
  gone.delete('attachments', 'old');
  gone.delete('listeners', 'old');
  assert.deepEqual(gone.who, { serve: ['new'], wait: [] });
  const { version } = gone.draft;
  gone.listener('new');
  assert.equal(gone.draft.version, version);
  gone.listener('newer');
  assert.deepEqual(gone.who, { serve: ['new'], wait: ['newer'] });

  const moved = world();
  moved.listener('new');
  moved.listener('old', 81);
  assert.deepEqual(moved.who, { serve: ['new', 'old'], wait: [] });
});

test('the first waiting listener with a target takes over; without targets the oldest listener does', () => {
  const made = world();
  made.listener('b');
  made.listener('a');
  made.bind('a', { listenerId: 'a' });
  assert.deepEqual(made.due(), ['a']);
  made.delete('attachments', 'old');
  made.delete('listeners', 'old');
  assert.deepEqual(made.who, { serve: ['b'], wait: ['a'] });
});

test('a listener that moves to a used port waits, and a listener that waits at its old port serves there', () => {
  const made = world();
  made.listener('other', 81);
  made.listener('next', 81);
  made.bind('other', { listenerId: 'other' });
  made.listener('other', 80);
  assert.deepEqual(made.who, { serve: ['next', 'old'], wait: ['other'] });
  assert.deepEqual(made.due(), ['other']);
});

test('a new address of a load balancer makes each of its listeners wait if the VIP:port is used, else serve', () => {
  const made = world();
  made.loadBalancer('second', '127.0.0.2');
  for (const [id, port] of [
    ['held', 80],
    ['free', 81],
  ] as const) {
    made.listener(id, port, 'second');
    made.bind(id, { listenerId: id });
  }
  made.loadBalancer('second', '127.0.0.1');
  assert.deepEqual(made.who, { serve: ['free', 'old'], wait: ['held'] });
  made.transfer();
  assert.deepEqual(made.who, { serve: ['free', 'held'], wait: ['old'] });
  made.loadBalancer('second', '127.0.0.2');
  assert.deepEqual(made.who, { serve: ['free', 'held', 'old'], wait: [] });
});

test('TCP and UDP ports are apart, and a listener that changes its transport leaves one and enters the other', () => {
  const made = new World();
  made.loadBalancer('lb', '127.0.0.1');
  made.listener('web');
  made.listener('dns', 80, 'lb', 'UDP');
  assert.deepEqual(made.who, { serve: ['dns', 'web'], wait: [] });
  made.listener('next', 80, 'lb', 'UDP');
  assert.deepEqual(made.who, { serve: ['dns', 'web'], wait: ['next'] });
  assert.match(made.warnings('next')[0] ?? '', /^waits behind listener dns/);
  made.listener('dns', 80, 'lb', 'TCP');
  assert.deepEqual(made.who, { serve: ['next', 'web'], wait: ['dns'] });
  made.delete('listeners', 'web');
  assert.deepEqual(made.who, { serve: ['dns', 'next'], wait: [] });
});

test('a VIP:port of another stack or without owner is an error that names the owner', () => {
  const made = world();
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };
  const error = {
    code: 'PortInUse',
    message: /^port 127\.0\.0\.1:80 is taken by listener old of urn:pulumi:dev.*: give another port$/,
  };
  assert.throws(() => made.put('listeners', 'new', listener, ownerOf('new', 'prod')), error);
  const ownerless = new World();
  ownerless.loadBalancer('lb', '127.0.0.1');
  put(ownerless.draft, 'listeners', 'raw', listener);
  assert.throws(() => ownerless.listener('new'), { code: 'PortInUse', message: /taken by listener raw/ });
  assert.throws(() => put(made.draft, 'listeners', 'raw', listener), error);
});

test('a listener with rules takes over once it serves every route of the other, so no request changes targets', () => {
  const made = world();
  const rule = (listenerId: string) => {
    made.put('rules', `${listenerId}-api`, { listenerId, path: '/api' });
    made.bind(`${listenerId}-api`, { ruleId: `${listenerId}-api` });
  };
  rule('old');
  made.listener('new');
  rule('new');
  assert.deepEqual(made.due(), []);
  made.bind('new', { listenerId: 'new' });
  assert.deepEqual(made.due(), ['new']);
  // Without its rule, the waiting listener takes over only when the other listener has no targets of its own in
  // traffic.
  made.delete('attachments', 'new-api');
  assert.deepEqual(made.due(), []);
  made.delete('attachments', 'old');
  assert.deepEqual(made.due(), ['new']);
});

test('a rename of a listener on which another stack has a rule keeps every request, and its refusal says what to do', () => {
  const made = world();
  made.put('load-balancers', 'lb', { address: '127.0.0.1', sharedWith: ['shop/prod'] });
  made.put('rules', 'theirs', { listenerId: 'old', path: '/theirs' }, ownerOf('theirs', 'prod'));
  const targets = { b: { address: '10.0.0.2', port: 80 } };
  made.put('attachments', 'theirs', { ruleId: 'theirs', targets }, ownerOf('theirs', 'prod'));
  made.listener('new');
  assert.match(
    made.warnings('new').join(),
    /waits behind listener old .*, until other stacks have nothing below .*alias/,
  );
  made.bind('new', { listenerId: 'new' });
  const byItsStack = (id: string) =>
    deleteObject(made.draft, 'attachments', id, made.draft.get('attachments', id)?.incarnation);
  assert.throws(() => byItsStack('old'), {
    code: 'InUse',
    message:
      /^The attachment old is not deleted: listener new waits .* listener old, .*because rule theirs of .*with aliases\.$/,
  });
  assert.deepEqual(made.due(), []);
  // An operator deletes the attachment by hand: the other stack's requests still go where they went.
  const reverted = world();
  reverted.put('rules', 'theirs', { listenerId: 'old', path: '/theirs' }, ownerOf('theirs', 'prod'));
  reverted.put('attachments', 'theirs', { ruleId: 'theirs', targets }, ownerOf('theirs', 'prod'));
  reverted.listener('new');
  reverted.bind('new', { listenerId: 'new' });
  reverted.delete('attachments', 'old');
  assert.deepEqual(reverted.due(), []);
  // The rename goes on once the other stack has moved its rule to the new listener.
  made.put('rules', 'theirs', { listenerId: 'new', path: '/theirs' }, ownerOf('theirs', 'prod'));
  assert.deepEqual(made.due(), ['new']);
  byItsStack('old');
  assert.deepEqual(made.due(), ['new']);
});
