// Lines for values that others changed: each says what is in the runtime and in the state, as far as that can be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outsideLines } from '../../../provider/messages/outside-lines.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB';

const ROWS: readonly (readonly [path: string, before: unknown, after: unknown, line: string])[] = [
  ['drainSeconds', 0, 5, 'drainSeconds is 5 in the runtime, 0 in the state'],
  ['maxConnections', undefined, 5, 'maxConnections is 5 in the runtime, and not in the state'],
  ['sharedWith', ['a/b'], undefined, 'sharedWith is not in the runtime, ["a/b"] in the state'],
  ['stickySession', undefined, { type: 'cookie' }, 'stickySession is in the runtime, and not in the state'],
  [
    'certificates.main',
    { certificate: PEM },
    undefined,
    'certificates.main is not in the runtime, and is in the state',
  ],
  [
    'certificates.main.certificate',
    `${PEM}a`,
    `${PEM}b`,
    'certificates.main.certificate is another one in the runtime than in the state',
  ],
  ['targets.b1.weight', 100, 0, 'b1 has weight 0 in the runtime, 100 in the state'],
  ['targets.b1.description', 'x', undefined, 'b1 has description none in the runtime, "x" in the state'],
  [
    'targets.b1',
    undefined,
    { address: '10.0.0.1', port: 80 },
    'b1 10.0.0.1:80 is bound in the runtime, and not in the state',
  ],
  ['members.m1', 's1', undefined, 'm1 is not a member in the runtime, and is in the state'],
];

test('a line says what the runtime has, and what the state has', () => {
  for (const [path, before, after, line] of ROWS) {
    const change = { path: path.split('.'), before, after, isSecret: false, fate: 'kept' } as const;
    assert.deepEqual(outsideLines('web', [change]), [`web: ${line}: changed outside; pulumi refresh shows it`]);
  }
});
