import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VipPool } from '../../../../../provider/runtime/control/write/vip-pool.ts';

test('the pool gives the lowest free address, and neither the first nor the last address of its block', () => {
  const pool = new VipPool('10.1.2.5/29');
  const taken = new Set<string>();
  const given: string[] = [];
  for (let address = pool.next(taken); address !== undefined; address = pool.next(taken)) {
    given.push(address);
    taken.add(address);
  }
  assert.deepEqual(given, ['10.1.2.1', '10.1.2.2', '10.1.2.3', '10.1.2.4', '10.1.2.5', '10.1.2.6']);
  taken.delete('10.1.2.3');
  assert.equal(pool.next(taken), '10.1.2.3');
});

for (const cidr of [
  '',
  '10.0.0.0',
  '10.0.0.0/',
  '10.0.0.0/31',
  '10.0.0.0/7',
  '300.0.0.0/16',
  '::1/64',
  '10.0.0.0/16/1',
  '10.0.0.0/1x',
]) {
  test(`${JSON.stringify(cidr)} is not a valid pool`, () =>
    assert.throws(() => new VipPool(cidr), /is not an IPv4 block.*\(prefix 8 to 30\)$/));
}

test('a host name in place of the pool is refused, because it is not resolved', () => {
  assert.throws(() => new VipPool('vips.example'), /: host names are not resolved$/);
});
