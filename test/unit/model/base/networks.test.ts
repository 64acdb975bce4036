// Networks: which one contains an address, compared with Node's own BlockList.
import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { Networks } from '../../../../provider/model/base/networks.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

/** Bytes of few values, so that addresses are often in a network. */
const byte = fc.constantFrom(0, 1, 10, 127, 128, 255);
const ipv4 = fc.array(byte, { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join('.'));
const group = fc.constantFrom('0', '1', '2001', 'db8', 'ffff', '8000');
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));

function check(address: string, networks: readonly string[]): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  for (const network of networks) {
    const [net = '', bits] = network.split('/');
    if (isIPv4(net) === isIPv4(address)) list.addSubnet(net, Number(bits), family);
  }
  return list.check(address, family);
}

test('an address is in a network if BlockList finds it there, in lists of both families', () => {
  const networkOf = (address: fc.Arbitrary<string>, max: number) =>
    fc.tuple(address, fc.integer({ min: 0, max })).map(([net, bits]) => `${net}/${bits}`);
  const networks = fc.array(fc.oneof(networkOf(ipv4, 32), networkOf(ipv6, 128)), { maxLength: 6 });
  assertHolds(
    fc.property(networks, fc.oneof(ipv4, ipv6), (list, address) => {
      assert.equal(new Networks(list).find(address) !== undefined, check(address, list));
    }),
  );
});

test('the smallest network is found, and one address has one form', () => {
  const rows: readonly (readonly [networks: string[], address: string, found: string | undefined])[] = [
    [['10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/0'], '10.1.2.3', '10.1.0.0/16'],
    [['10.0.0.0/8'], '11.0.0.1', undefined],
    [['10.0.0.7'], '10.0.0.7', '10.0.0.7'],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', '10.0.0.0/8'],
    [['::ffff:10.0.0.0/104'], '10.0.0.1', '::ffff:10.0.0.0/104'],
    [['::/0'], '10.0.0.1', undefined],
    [['2001:db8::/32'], '2001:0DB8:0:0::1', '2001:db8::/32'],
    [['64:ff9b::/96'], '64:ff9b::192.0.2.1', '64:ff9b::/96'],
    [['fe80::/10'], 'fe80::1%lo', 'fe80::/10'],
    [['0.0.0.0/0', '::/0'], '', undefined],
  ];
  for (const [networks, address, found] of rows)
    assert.equal(new Networks(networks).find(address), found, `${networks} ${address}`);
});
