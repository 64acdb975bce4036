// Which connections reach a listening socket of this machine, and which addresses may be targets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNetwork, Networks } from '../../../../provider/model/base/networks.ts';
import { DENIED_BY_DEFAULT, denyingNetwork, isReached } from '../../../../provider/model/rules/connections.ts';

const MACHINE = new Networks(['127.0.0.1', '10.1.2.3', '10.3.0.0/16', '::1', 'fd00::5']);

test('a connection reaches a socket at its address, in every spelling of the address', () => {
  const table: [listening: string, to: string, isMet: boolean][] = [
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '::ffff:7f00:1', true],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    // An unspecified address leads to the loopback address.
    ['127.0.0.1', '0.0.0.0', true],
    ['::1', '::', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    // A wildcard covers the addresses of this machine, and no others.
    ['0.0.0.0', '10.1.2.3', true],
    ['0.0.0.0', '127.77.9.9', true],
    ['0.0.0.0', '10.1.2.4', false],
    ['0.0.0.0', 'fd00::5', false],
    ['::', 'fd00:0::5', true],
    ['::', '10.1.2.3', true],
    ['::', '::ffff:10.1.2.3', true],
    ['::', 'fd00::6', false],
    ['0.0.0.0', '10.3.7.7', true],
    ['::', '10.3.7.7', true],
    // Connections cannot be made to a group; `udp` is below.
    ['0.0.0.0', '224.0.0.1', false],
  ];
  for (const [listening, to, isMet] of table) {
    const [at, connection] = [listening, to].map((address) => ({ transport: 'tcp', address, port: 80 }) as const);
    assert.equal(at && connection && isReached(at, connection, MACHINE), isMet, `${listening} and ${to}`);
  }
  const tcp = { transport: 'tcp', address: '0.0.0.0', port: 80 } as const;
  assert.equal(isReached(tcp, { ...tcp, address: '127.0.0.1', port: 81 }, MACHINE), false);
  assert.equal(isReached(tcp, { ...tcp, address: '127.0.0.1', transport: 'udp' }, MACHINE), false);
  // A wildcard socket gets the datagrams that its own machine sends to a group.
  const udp = { transport: 'udp', address: '::', port: 80 } as const;
  for (const address of ['224.0.0.1', '239.255.255.255', '::ffff:230.1.1.1', '255.255.255.255', 'ff02::1', 'ff0e::1'])
    assert.equal(isReached(udp, { ...udp, address }, MACHINE), true, address);
  for (const address of ['223.255.255.255', '240.0.0.1', 'fe80::1', 'ff::1'])
    assert.equal(isReached(udp, { ...udp, address }, MACHINE), false, address);
});

test('link-local and metadata addresses are denied in every form, and allowing wins over denying', () => {
  const denied = new Networks(['10.0.0.0/8', 'fd12::/16', ...DENIED_BY_DEFAULT]);
  const networks = { denied, allowed: new Networks(['10.9.0.0/16', '169.254.7.7']) };
  const metadata = [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'febf::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    // Embedded by NAT64 of any length, SIIT, 6to4, ISATAP, and Teredo for its server and for its client.
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:fe:a900::',
    '64:ff9b:1:a9:fe:a9fe::',
    '64:ff9b:1:0:a9:fea9:fe00:0',
    '::ffff:0:169.254.169.254',
    '2002:6464:64c8::',
    '2001:db8::5efe:169.254.169.254',
    '2001:db8::200:5efe:a9fe:a9fe',
    '2001:0:a9fe:a9fe::1',
    '2001::5601:5601',
  ];
  for (const address of metadata) assert.notEqual(denyingNetwork(networks, address), undefined, address);
  // An allowed IPv6 network does not open the IPv4 addresses inside it; those are allowed by themselves.
  const wide = { denied, allowed: new Networks(['::/0', '169.254.7.7']) };
  assert.equal(denyingNetwork(wide, '64:ff9b::a9fe:a9fe'), '169.254.0.0/16');
  assert.equal(denyingNetwork(wide, '2002:a9fe:a9fe::1'), '169.254.0.0/16');
  assert.equal(denyingNetwork(wide, '64:ff9b::a9fe:707'), undefined);
  assert.equal(denyingNetwork(wide, 'fe80::1'), undefined);
  assert.equal(denyingNetwork(networks, '10.8.0.1'), '10.0.0.0/8');
  assert.equal(denyingNetwork(networks, '::ffff:10.8.0.1'), '10.0.0.0/8');
  assert.equal(denyingNetwork(networks, 'fd12::1'), 'fd12::/16');
  for (const address of [
    '10.9.0.1',
    '169.254.7.7',
    '::ffff:169.254.7.7',
    '11.0.0.1',
    '127.0.0.1',
    '::1',
    '2001:db8::1',
  ])
    assert.equal(denyingNetwork(networks, address), undefined, address);
});

test('a network is an address with an optional length that fits its family', () => {
  for (const text of ['10.0.0.0/8', '10.0.0.1', '::/0', 'fe80::1/128', '::ffff:10.0.0.0/104'])
    assert.equal(isNetwork(text), true, text);
  for (const text of ['', '10.0.0.0/33', '10.0.0.0/', '10/8', 'fe80::1%eth0', 'fe80::/129', '10.0.0.0/8/8', 'web'])
    assert.equal(isNetwork(text), false, text);
  assert.equal(new Networks(['::/0']).find('10.0.0.1'), undefined);
  assert.equal(new Networks(['0.0.0.0/0']).find('::1'), undefined);
  assert.equal(new Networks(['::ffff:10.0.0.0/104']).find('10.255.0.1'), '::ffff:10.0.0.0/104');
});
