// Maps of targets that are made from lists of addresses and ports.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { targets } from '../../../sdk/targets.ts';

test('targets are named by address and port in their shortest form, and share the given properties', () => {
  assert.deepEqual(targets(['10.0.0.1:80', '[2001:DB8:0::1]:81'], { weight: 50 }), {
    '10.0.0.1:80': { address: '10.0.0.1', port: 80, weight: 50 },
    '[2001:db8::1]:81': { address: '2001:DB8:0::1', port: 81, weight: 50 },
  });
});

for (const [entry, advice] of [
  ['10.0.0.1', ': add the port'],
  ['10.0.0.1:0', ''],
  ['10.0.0.1:65536', ''],
  ['host:80', ': host names are not resolved'],
  ['::1:80', ': add the port'],
  ['[10.0.0.1]:80', ''],
  ['10.0.0.1:80 ', ''],
  [pulumi.output('10.0.0.1:80'), ': write it as a target, as in { b1: { address: output, port: 80 } }'],
] as const) {
  test(`${typeof entry === 'string' ? entry : 'an output'} is refused`, () => {
    assert.throws(
      () => targets([entry as string]),
      ({ message }: Error) =>
        message.endsWith(`is not an address and port such as "10.0.0.1:80" or "[::1]:80"${advice}`),
    );
  });
}

test('a text in place of the list is refused', () => {
  assert.throws(() => targets('10.0.0.1:80' as never), /the addresses must be a list, such as \["10\.0\.0\.1:80"\]/);
});

test('two entries that mean the same target are refused', () => {
  assert.throws(() => targets(['[::1]:80', '[0:0::1]:80']), /\[0:0::1\]:80 is given twice/);
});
