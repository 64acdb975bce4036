// Checks of one token at one address wait once they are more than a host should get.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Networks } from '../../../../provider/model/base/networks.ts';
import { machineAt } from '../../../../provider/model/rules/connections.ts';
import { CheckBudget } from '../../../../provider/runtime/health/check-budget.ts';

const MACHINE = new Networks(['192.0.2.7', '2001:db8::7', '198.51.100.0/24']);
const machineAtAddress = (address: string) => machineAt(address, MACHINE);

test('a token may check one address 500 times at once and then 200 times a second', () => {
  let nowMs = 0;
  const budget = new CheckBudget(() => nowMs, machineAtAddress);
  const delays = (count: number, token: string | undefined, address: string) =>
    Array.from({ length: count }, () => budget.delayMs(token, address));
  assert.equal(Math.max(...delays(500, 'a', '10.0.0.1')), 0);
  assert.deepEqual(delays(3, 'a', '::ffff:10.0.0.1'), [5, 10, 15]);
  // Other addresses and other tokens have budgets of their own, and the administrator has none.
  assert.deepEqual([...delays(1, 'a', '10.0.0.2'), ...delays(1, 'b', '10.0.0.1')], [0, 0]);
  assert.equal(Math.max(...delays(2_000, undefined, '10.0.0.1')), 0);
  nowMs = 1_015;
  assert.equal(Math.max(...delays(200, 'a', '10.0.0.1')), 0);
  assert.equal(budget.delayMs('a', '10.0.0.1'), 5);
});

test('a token may check all addresses together 5,000 times at once and then 2,500 times a second', () => {
  let nowMs = 0;
  const budget = new CheckBudget(() => nowMs, machineAtAddress);
  const longest = (token: string, count: number) => {
    const addresses = Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    return Math.round(Math.max(...addresses.map((address) => budget.delayMs(token, address))));
  };
  assert.equal(longest('a', 5_000), 0);
  assert.equal(longest('b', 1), 0);
  assert.equal(longest('a', 1_000), 400);
  for (; nowMs < 60_000; nowMs += 5_000) assert.equal(longest('c', 5_000), 0);
  // A quarter of 10,000 targets that are checked every 5 s.
  for (; nowMs < 120_000; nowMs += 1_250) assert.equal(longest('d', 2_500), 0);
});

test('all addresses that are known to reach one machine have one budget', () => {
  const one = (...addresses: string[]) => new Set(addresses.map(machineAtAddress)).size;
  const own = ['127.0.0.1', '127.9.8.7', '0.0.0.0', '::', '::1', '::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1'];
  assert.equal(one(...own, '192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7', '2002:c000:207::9', '198.51.100.44'), 1);
  assert.equal(one('10.0.0.1', '::10.0.0.1', '::ffff:a00:1', '64:ff9b::a00:1', '2002:a00:1:7::8'), 1);
  assert.equal(one('2001:0:1:2:3:4:f5ff:fffe', '10.0.0.1'), 1, 'Teredo');
  assert.equal(one('64:ff9b:1::1', '64:ff9b:1:a:b:c:d:e'), 1, 'NAT64 of a local network');
  assert.equal(one('2001:db8:1:2::1', '2001:DB8:1:2:ffff::9', '2001:db8:1:2:0:5efe:a00:1'), 1);
  assert.equal(one('224.0.0.1', 'ff02::1', '255.255.255.255'), 1);
  assert.equal(one('10.0.0.1', '10.0.0.2', '2001:db8:1:2::1', '2001:db8:1:3::1', '::10.0.0.3', '127.0.0.1'), 6);
});
