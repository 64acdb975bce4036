// The machine's own addresses as the kernel's tables have them: interfaces without a carrier, networks on the loopback.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { isLoopback, Networks } from '../../../../../provider/model/base/networks.ts';
import {
  localIpv4,
  localIpv6,
  machineAddresses,
} from '../../../../../provider/runtime/control/write/machine-addresses.ts';

/** A machine with a bridge without a carrier, a network on its loopback, and a table for a transparent proxy. */
const FIB_TRIE = `Id 100:
  +-- 0.0.0.0/0 0 0 0
     |-- 0.0.0.0
        /0 host LOCAL
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.1.0.0/16 2 0 2
        |-- 10.1.0.0
           /32 host LOCAL
           /16 host LOCAL
     |-- 172.17.0.1
        /32 host LOCAL
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`;

const NONE = '00000000000000000000000000000000 00 00000000000000000000000000000000';
const IPV6_ROUTE = `fd000000000000000000000000000000 40 ${NONE} 00000100 00000001 00000000 00000001     eth0
fd000000000000000000000000000002 80 ${NONE} 00000000 00000004 00000000 80200001     eth0
fd000000000000000000000000000000 80 ${NONE} 00000000 00000004 00000000 80300001     eth0
fd0a0001000000000000000000000000 20 ${NONE} 00000400 00000001 00000000 80000001       lo
00000000000000000000000000000000 00 ${NONE} 00000400 00000001 00000000 80000001       lo
ff000000000000000000000000000000 08 ${NONE} 00000100 00000003 00000000 00000001     eth0
00000000000000000000000000000000 00 ${NONE} ffffffff 00000001 00000000 00200200       lo
`;

test('every local and broadcast route is the machine, and a network beside it is not', () => {
  const machine = new Networks([...localIpv4(FIB_TRIE), ...localIpv6(IPV6_ROUTE)]);
  const own = ['10.1.0.0', '10.1.200.7', '172.17.0.1', '192.0.2.2', '192.0.2.255', 'fd00::2', 'fd00::', 'fd0a:1::77'];
  for (const address of own) assert.notEqual(machine.find(address), undefined, address);
  const others = ['10.2.0.1', '172.17.0.2', '192.0.2.3', '1.1.1.1', 'fd00::3', 'fd0b::1', '2001:db8::1'];
  for (const address of others) assert.equal(machine.find(address), undefined, address);
});

test('a table of another form has no routes, and the interfaces are the machine without any', () => {
  assert.deepEqual(
    [localIpv4(''), localIpv4('x\n/32 host LOCAL'), localIpv6(''), localIpv6('fd00 80\n')],
    [[], [], [], []],
  );
  const machine = new Networks(machineAddresses());
  for (const { address } of Object.values(networkInterfaces()).flatMap((each) => each ?? []))
    assert.notEqual(isLoopback(address), machine.find(address) !== undefined, address);
});
