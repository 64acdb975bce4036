// Validation of objects: which are refused, with which paths and messages, and which defaults are filled in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWeirError } from '../../../../provider/model/base/errors.ts';
import type { Kind } from '../../../../provider/model/base/kinds.ts';
import { fingerprint } from '../../../../provider/model/base/secrets.ts';
import { healthCheckOf } from '../../../../provider/model/objects/listener.ts';
import { invalid, parseProperties, problemsOf } from '../../../../provider/model/objects/validate.ts';
import { makePair } from '../../../harness/machine/certificates.ts';

const UNKNOWN = 'unknown-value';
const isKnown = (value: unknown) => value !== UNKNOWN;
const pair = makePair(['a.example']);
const target = { address: '10.0.0.1', port: 80 };

type Row = readonly [name: string, kind: Kind, input: Record<string, unknown>, problems: readonly string[]];

const LISTENER = { loadBalancerId: 'b', port: 1 };

const REFUSED: readonly Row[] = [
  ['HTTPS without a certificate', 'listeners', { ...LISTENER, protocol: 'HTTPS' }, ['certificates']],
  ['HTTPS with an empty map', 'listeners', { ...LISTENER, protocol: 'HTTPS', certificates: {} }, ['certificates']],
  [
    'more than 256 certificates',
    'listeners',
    {
      ...LISTENER,
      protocol: 'HTTPS',
      certificates: Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`c${index}`, pair])),
    },
    ['certificates'],
  ],
  [
    'properties that a TCP listener would ignore',
    'listeners',
    {
      ...LISTENER,
      protocol: 'TCP',
      certificates: {},
      maxPendingRequests: 1,
      trustedProxies: ['10.0.0.0/8'],
      tunnelIdleTimeoutSeconds: 0,
      requestBodyTimeoutSeconds: 1,
      requestBodyMinRate: 1,
      stickySession: { type: 'cookie' },
    },
    [
      ...['certificates', 'maxPendingRequests', 'trustedProxies', 'tunnelIdleTimeoutSeconds'],
      ...['requestBodyTimeoutSeconds', 'requestBodyMinRate', 'stickySession.type'],
    ],
  ],
  [
    'a check whose response would be a tunnel',
    'rules',
    { listenerId: 'l', path: '/', healthCheck: { protocol: 'HTTP', method: 'CONNECT' } },
    ['healthCheck.method'],
  ],
  ['a place without a name', 'load-balancers', { region: '', vpcId: '', zoneId: '' }, ['region', 'vpcId', 'zoneId']],
  [
    'PROXY headers for UDP',
    'listeners',
    { ...LISTENER, protocol: 'UDP', proxyProtocol: 'v2', acceptProxyProtocol: ['::/0'] },
    ['proxyProtocol', 'acceptProxyProtocol'],
  ],
  [
    'limits for clients that are no limits',
    'listeners',
    {
      ...LISTENER,
      protocol: 'TCP',
      allow: ['10.0.0.0'],
      deny: 'all',
      connectionsPerSecond: { burst: 5 },
      requestsPerSecond: { burst: 0 },
    },
    ['allow[0]', 'deny', 'connectionsPerSecond.total', 'requestsPerSecond.burst', 'requestsPerSecond'],
  ],
  [
    'a rate without a number',
    'listeners',
    { ...LISTENER, protocol: 'HTTP', requestsPerSecond: { burst: 5 } },
    ['requestsPerSecond'],
  ],
  [
    'networks that are malformed',
    'listeners',
    { ...LISTENER, protocol: 'HTTP', trustedProxies: ['10.0.0.0', '10.0.0.0/33', 'x/8', '::/128'] },
    ['trustedProxies[0]', 'trustedProxies[1]', 'trustedProxies[2]'],
  ],
  [
    'a cookie in a session by source address',
    'listeners',
    {
      ...LISTENER,
      protocol: 'HTTP',
      stickySession: { type: 'source-ip', cookieName: 'a', cookieKey: '', sameSite: 'Lax' },
    },
    ['stickySession.cookieKey', 'stickySession.cookieName', 'stickySession.sameSite'],
  ],
  [
    'a cookie with a name that is not a token and an empty key',
    'rules',
    {
      listenerId: 'l',
      path: '/',
      stickySession: { type: 'cookie', cookieName: 'a;b', cookieKey: '', lifetimeSeconds: 0 },
    },
    ['stickySession.cookieName', 'stickySession.cookieKey', 'stickySession.lifetimeSeconds'],
  ],
  ...['example.com:443', 'example.com.', '192.0.2.1', '.192.0.2.1', 'a;b', '*.example.com', ''].map(
    (domain): Row => [
      `a cookie for the domain ${domain}`,
      'rules',
      { listenerId: 'l', path: '/', stickySession: { type: 'cookie', domain, sameSite: 'none' } },
      ['stickySession.sameSite', 'stickySession.domain'],
    ],
  ),
  [
    'a fingerprint as the key',
    'rules',
    { listenerId: 'l', path: '/', stickySession: { type: 'cookie', cookieKey: fingerprint('a key of sixteen') } },
    ['stickySession.cookieKey'],
  ],
  ['a rule without host and path', 'rules', { listenerId: 'l' }, ['host']],
  ['an exact match without a path', 'rules', { listenerId: 'l', pathMatch: 'exact' }, ['host', 'pathMatch']],
  ['a path with dot segments', 'rules', { listenerId: 'l', path: '/a/%2E./b' }, ['path']],
  ['a wildcard in the middle', 'rules', { listenerId: 'l', host: 'a.*.b' }, ['host']],
  [
    'hosts and paths that are malformed',
    'rules',
    { listenerId: 'l', host: 'a.b:80', path: 'api?x', healthCheck: { send: 'x' } },
    ['host', 'path', 'healthCheck.send'],
  ],
  [
    'HTTP properties in a UDP check',
    'listeners',
    { ...LISTENER, protocol: 'UDP', healthCheck: { protocol: 'UDP', path: '/x', expect: '' } },
    ['healthCheck.expect', 'healthCheck.path'],
  ],
  [
    'several faults at once',
    'attachments',
    { targets: { a: { address: 'x', port: 0, weight: 101 }, b: { weigth: 1 } }, defaultPort: '80' },
    [
      'targets.a.address',
      'targets.a.port',
      'targets.a.weight',
      'targets.b.weigth',
      'defaultPort',
      'listenerId',
      'targets.b.address',
    ],
  ],
  ['two parents', 'attachments', { listenerId: 'l', loadBalancerId: 'b', targets: {} }, ['listenerId']],
  [
    'two names for one target key',
    'attachments',
    { listenerId: 'l', targets: { a: target, b: { address: '10.0.0.1' } }, defaultPort: 80 },
    ['targets.b'],
  ],
  [
    'the same IPv6 address written twice',
    'attachments',
    {
      listenerId: 'l',
      targets: { a: { address: '2001:db8::1', port: 1 }, b: { address: '2001:DB8:0:0::1', port: 1 } },
    },
    ['targets.b'],
  ],
  [
    'weights that are not whole numbers',
    'attachments',
    { listenerId: 'l', targets: { a: { ...target, weight: 1.5 }, b: { address: '10.0.0.2', port: 1, weight: '5' } } },
    ['targets.a.weight', 'targets.b.weight'],
  ],
  [
    'a name that is not an identifier',
    'attachments',
    { listenerId: 'l', targets: { '10.0.0.1:80': { ...target, weight: -1 } } },
    ['targets["10.0.0.1:80"].weight'],
  ],
  [
    'more than 500 targets',
    'attachments',
    {
      listenerId: 'l',
      targets: Object.fromEntries(
        Array.from({ length: 501 }, (_, i) => [`t${i}`, { address: '10.0.0.1', port: i + 1 }]),
      ),
    },
    ['targets'],
  ],
  [
    'as many equal targets as a body has room for',
    'attachments',
    { listenerId: 'l', targets: Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => [`t${i}`, target])) },
    ['targets'],
  ],
  [
    'patterns of joinable servers that are none, beside members, which no server can join',
    'groups',
    { joinable: ['i-*', 'i 1', '', 'i-['], members: {} },
    ['joinable[1]', 'joinable[2]', 'joinable[3]', 'joinable'],
  ],
  ['more patterns than 64', 'groups', { joinable: Array.from({ length: 65 }, (_, i) => `i-${i}`) }, ['joinable']],
  ['a listener without its required properties', 'listeners', {}, ['loadBalancerId', 'protocol', 'port']],
  [
    'an algorithm that does not exist',
    'listeners',
    { loadBalancerId: 'b', protocol: 'TCP', port: 1, algorithm: 'random' },
    ['algorithm'],
  ],
  [
    'a payload with a stray backslash, or with nothing to expect',
    'listeners',
    { loadBalancerId: 'b', protocol: 'UDP', port: 1, healthCheck: { protocol: 'UDP', send: 'a\\n', expect: '' } },
    ['healthCheck.send', 'healthCheck.expect'],
  ],
  [
    'intervals below 0.05 s',
    'listeners',
    { loadBalancerId: 'b', protocol: 'TCP', port: 1, healthCheck: { intervalSeconds: 0.04 }, drainSeconds: 0.01 },
    ['healthCheck.intervalSeconds', 'drainSeconds'],
  ],
  [
    'HTTP properties of a TCP check',
    'listeners',
    { loadBalancerId: 'b', protocol: 'TCP', port: 1, healthCheck: { path: '/x' } },
    ['healthCheck.path'],
  ],
  [
    'a path that would split a request',
    'listeners',
    {
      loadBalancerId: 'b',
      protocol: 'HTTP',
      port: 1,
      healthCheck: { protocol: 'HTTP', path: '/ HTTP/1.1\r\nx: y', host: 'a\r\nb' },
    },
    ['healthCheck.path', 'healthCheck.host'],
  ],
  [
    'a range of codes that ends before it begins',
    'listeners',
    { loadBalancerId: 'b', protocol: 'HTTP', port: 1, healthCheck: { protocol: 'HTTP', expectedCodes: '399-200' } },
    ['healthCheck.expectedCodes'],
  ],
  [
    'too many codes',
    'listeners',
    { ...LISTENER, protocol: 'HTTP', healthCheck: { protocol: 'HTTP', expectedCodes: `200${',200'.repeat(256)}` } },
    ['healthCheck.expectedCodes'],
  ],
  ['an address that is a name', 'load-balancers', { address: 'localhost', type: 'network' }, ['type', 'address']],
];

for (const [name, kind, input, paths] of REFUSED) {
  test(`refuses ${name}, naming each path`, () => {
    assert.deepEqual(
      problemsOf(kind, input).map((problem) => problem.path),
      paths,
    );
  });
}

const SKIPPED: readonly Row[] = [
  ['a whole map', 'attachments', { listenerId: UNKNOWN, targets: UNKNOWN }, []],
  [
    'one target',
    'attachments',
    { listenerId: 'l', targets: { a: UNKNOWN, b: { ...target, weight: 101 } } },
    ['targets.b.weight'],
  ],
  [
    'a bad known weight beside an unknown port',
    'attachments',
    { listenerId: 'l', targets: { a: { address: '10.0.0.1', port: UNKNOWN, weight: 101 } } },
    ['targets.a.weight'],
  ],
  [
    'a default port',
    'attachments',
    { listenerId: 'l', targets: { a: { address: '10.0.0.1' }, b: { address: '10.0.0.1' } }, defaultPort: UNKNOWN },
    [],
  ],
  [
    'the protocol of a check',
    'listeners',
    { loadBalancerId: UNKNOWN, protocol: 'TCP', port: UNKNOWN, healthCheck: { protocol: UNKNOWN, path: '/x' } },
    [],
  ],
];

for (const [name, kind, input, paths] of SKIPPED) {
  test(`an unknown value skips only the rules that need it: ${name}`, () => {
    assert.deepEqual(
      problemsOf(kind, input, isKnown).map((problem) => problem.path),
      paths,
    );
  });
}

test('an invalid name is refused with its own message', () => {
  const problems = problemsOf('load-balancers', { tags: { '': 'x', ['n'.repeat(256)]: 'y' } });
  assert.deepEqual(
    problems.map((problem) => problem.message),
    ['a name must not be empty', 'a name must have at most 255 characters'],
  );
});

test('if faults have several codes, the message names each code except InvalidParameter', () => {
  const { message } = invalid([
    { path: 'targets.a', message: 'is far', code: 'NetworkConflict' },
    { path: 'targets.b', message: 'is stopped', code: 'IncorrectStatus.RSByPassToas' },
    { path: 'targets.c', message: 'is bad' },
  ]);
  const due =
    'targets.a is far (NetworkConflict); targets.b is stopped (IncorrectStatus.RSByPassToas); targets.c is bad';
  assert.equal(message, due);
  assert.equal(invalid([{ path: 'a', message: 'is far', code: 'NetworkConflict' }]).message, 'a is far');
});

test('the error for faults of one code has that code, and the error for several codes is InvalidParameter', () => {
  const codeOf = (input: Record<string, unknown>) => {
    try {
      parseProperties('attachments', input);
    } catch (error) {
      return isWeirError(error) ? error.code : error;
    }
  };
  const twice = { a: target, b: target };
  assert.equal(codeOf({ listenerId: 'l', targets: twice }), 'InvalidBackendServers.ServerIpConflict');
  assert.equal(codeOf({ listenerId: 'l', targets: { ...twice, c: {} } }), 'InvalidParameter');
});

test('defaults are filled in, and an IPv6 address gets its shortest form', () => {
  const listener = parseProperties('listeners', { loadBalancerId: 'b', protocol: 'TCP', port: 1 });
  assert.equal(healthCheckOf(listener).protocol, 'TCP');
  assert.equal(healthCheckOf(listener).intervalSeconds, 5);
  assert.equal(parseProperties('load-balancers', { address: '2001:DB8:0:0::1' }).address, '2001:db8::1');
});

test('a default that another check would need is accepted, so that a response can be sent back unchanged', () => {
  const rule = { listenerId: 'l', path: '/a', healthCheck: {} };
  const responded = parseProperties('rules', rule);
  assert.equal(responded.healthCheck.path, '/');
  assert.deepEqual(parseProperties('rules', responded), responded);
});

test('the message for a missing property, or one of a wrong type, says what the property must be', () => {
  const said = (input: Record<string, unknown>) =>
    problemsOf('listeners', { ...LISTENER, ...input }).map(({ path, message }) => `${path} ${message}`);
  assert.deepEqual(said({ protocol: 'TCP', healthCheck: { path: '/up' } }), [
    'healthCheck.path is for HTTP checks only, and the protocol is "TCP" by default',
  ]);
  assert.deepEqual(said({}), ['protocol is required: must be "TCP", "UDP", "HTTP" or "HTTPS"']);
  const certificates = { a: { certificate: 'c', privateKey: 'k', serverNames: 'a.example' } };
  assert.deepEqual(
    said({ protocol: 'HTTPS', healthCheck: 'HTTP', stickySession: 'cookie', certificates }).slice(0, 3),
    [
      'healthCheck must be a health check: an object such as { protocol: "HTTP" }',
      'stickySession must be a sticky session: an object such as { type: "cookie" }',
      'certificates.a.serverNames must be a list of host names, and text is given: put it in brackets',
    ],
  );
});

test('a path that is a pattern or has a query is refused with the path that a prefix rule would have', () => {
  const advised = (path: string) =>
    problemsOf('rules', { listenerId: 'l', path }).map(
      ({ message }) => / use path (.*) with pathMatch prefix$/.exec(message)?.[1] ?? message,
    );
  const ROWS: readonly (readonly [path: string, advised: string])[] = [
    ['/api/*', '/api'],
    ['/api*', '/api'],
    ['/*', '/'],
    ['*', '/'],
    ['/img/*.png', '/img'],
    ['/api?x=1', '/api'],
    ['^/api/(.*)$', '/api'],
    ['~ ^/api', '/api'],
    ['/api/v[0-9]/x', '/api'],
    ['/(a|b)/c', '/'],
    ['/users/{id}', '/users'],
    ['/a$', '/a'],
    ['/api/?', '/api'],
    ['/v?/x', '/'],
    ['api/*', '/api'],
    ['https://a.example/api/*', '/api'],
    ['/a/<id>', '/a'],
  ];
  for (const [path, prefix] of ROWS) assert.deepEqual(advised(path), [prefix], path);
  for (const path of ['/odata/$metadata', '/Products(1)', '/a.b+c']) assert.deepEqual(advised(path), [], path);
});

test('a URL, a pattern or a list in place of a path, a host or a domain is refused with what to write', () => {
  const certificates = (name: string) => ({ a: { certificate: 'c', privateKey: 'k', serverNames: [name] } });
  const inputs = {
    path: (path: string) => problemsOf('rules', { listenerId: 'l', path }),
    host: (host: string) => problemsOf('rules', { listenerId: 'l', path: '/', host }),
    healthCheck: (host: string) =>
      problemsOf('rules', { listenerId: 'l', path: '/', healthCheck: { protocol: 'HTTP', host } }),
    healthPath: (path: string) =>
      problemsOf('rules', { listenerId: 'l', path: '/', healthCheck: { protocol: 'HTTP', path } }),
    serverName: (name: string) =>
      problemsOf('listeners', { loadBalancerId: 'b', port: 443, protocol: 'HTTPS', certificates: certificates(name) }),
    domain: (domain: string) =>
      problemsOf('rules', { listenerId: 'l', path: '/', stickySession: { type: 'cookie', domain } }),
  };
  const patterns = 'and other patterns are not matched';
  const ROWS: readonly (readonly [place: keyof typeof inputs, value: string, advice: string])[] = [
    ['path', 'api', 'write /api'],
    ['path', 'https://a.example/api', 'use host a.example, and path /api'],
    ['path', 'a.example/api/*', 'use host a.example, and use path /api with pathMatch prefix'],
    ['path', 'v1.0/*', 'use path /v1.0 with pathMatch prefix'],
    ['host', '*', 'leave host out for every host'],
    ['host', '*.*', 'leave host out for every host'],
    ['host', 'https://a.example', 'write a.example'],
    ['host', 'a.example:80/x', 'write a.example without the path'],
    ['host', '::1', 'write [::1]'],
    ['host', '.a.example', `${patterns}: use *.a.example`],
    ['host', 'www*.a.example', `${patterns}: use *.a.example`],
    ['host', '^(.+)\\.a\\.example$', `${patterns}: use *.a.example`],
    ['host', 'a.*', patterns],
    ['host', 'a.example, b.example', 'give one name'],
    ['host', 'b\u00fccher.example', 'write xn--bcher-kva.example'],
    ['healthCheck', 'http://a.example:81/x', 'write a.example:81'],
    ['healthPath', 'http://a.example/x', 'use host a.example, and path /x'],
    ['serverName', '*', 'name the hosts'],
    ['serverName', 'a.example:443', 'write a.example'],
    ['domain', '*.a.example', 'write a.example'],
    ['domain', 'https://a.example/', 'write a.example'],
  ];
  for (const [place, value, advice] of ROWS) {
    const problems = inputs[place](value).filter(({ message }) => !message.startsWith('is not PEM'));
    const [message = '', ...more] = problems.map((problem) => problem.message);
    assert.ok(message.endsWith(advice), `${value}: ${message}`);
    assert.deepEqual(more, [], value);
  }
});

test('a value of another type is refused with the type that is given, and what to do', () => {
  const said = [
    ...problemsOf('listeners', { ...LISTENER, protocol: null, tags: { a: 1, b: true }, trustedProxies: '10.0.0.0/8' }),
    ...problemsOf('listeners', {
      ...LISTENER,
      protocol: 'TCP',
      port: Number.NaN,
      drainSeconds: null,
      sharedWith: [null],
    }),
    ...problemsOf('attachments', { ruleId: 'r', targets: [{ address: '10.0.0.1', port: 80 }] }),
    ...problemsOf('groups', { members: { a: 5 } }),
    ...problemsOf('backend-servers', { region: 'r', vpcId: ['v'], addresses: { a: '10.0.0.1' } }),
  ];
  assert.deepEqual(
    said.map(({ path, message }) => `${path} ${message}`),
    [
      'protocol must be "TCP", "UDP", "HTTP" or "HTTPS", and null is given: give a value, or leave it out',
      'trustedProxies must be a list of networks, and text is given: put it in brackets',
      'tags.a must be a string, and a number is given: put it in quotes',
      'tags.b must be a string, and a truth value is given: put it in quotes',
      'port must be a whole number from 1 to 65535, and NaN is given: see what it is computed from',
      'drainSeconds must be a number of seconds, and null is given: give a value, or leave it out',
      'sharedWith[0] must be a project and a stack such as "shop/dev" or "shop/*", and null is given: give a value, or leave it out',
      'targets must be a map of targets by name, and a list is given: give each entry a name',
      'members.a must be an id, and a number is given: put it in quotes',
      'vpcId must be a string, and a list is given: give one text',
      'addresses must be a list of IPv4 or IPv6 addresses, and a map is given: give the values alone in brackets',
    ],
  );
});

test('a value gets one error, which says if it is text in place of a number, or a name in place of an address', () => {
  const healthCheck = { protocol: 'HTTP', expectedCodes: '2xx', intervalSeconds: '5' };
  const listener = { ...LISTENER, protocol: 'http', healthCheck: { protocol: 'http', path: '/x' }, certificates: {} };
  const target = { address: 'web.example', port: '80' };
  const input = { ruleId: 'r', targets: { a: target }, manageWeights: 'true', handoverSeconds: '1' };
  const said = [
    ...problemsOf('rules', { listenerId: 'l', path: '/', healthCheck }),
    ...problemsOf('attachments', input),
    ...problemsOf('listeners', {
      ...listener,
      trustedProxies: ['proxy.example', '10.0.0.1', '10.0.0.1:80', '10.0.0.0/33'],
    }),
    ...['10.0.0.1:80', '[::1]', 'http://web.example:80/', '10.0.0.256'].flatMap((address) =>
      problemsOf('load-balancers', { address }),
    ),
  ];
  assert.deepEqual(
    said.map(({ path, message }) => `${path} ${message}`),
    [
      'healthCheck.expectedCodes must be codes such as "200-399" or "200,204"',
      'healthCheck.intervalSeconds must be a number of seconds, and text is given: leave out the quotes, or convert it with Number()',
      'targets.a.address must be an IPv4 or IPv6 address: host names are not resolved',
      'targets.a.port must be a whole number from 1 to 65535, and text is given: leave out the quotes, or convert it with Number()',
      'manageWeights must be true or false, and text is given: leave out the quotes',
      'handoverSeconds must be a number of seconds, and text is given: leave out the quotes, or convert it with Number()',
      'protocol must be "TCP", "UDP", "HTTP" or "HTTPS"',
      'healthCheck.protocol must be "TCP", "HTTP", "HTTPS", "UDP" or "none"',
      'trustedProxies[0] must be a network such as "10.0.0.0/8": host names are not resolved',
      'trustedProxies[1] must be a network such as "10.0.0.0/8": write 10.0.0.1/32 for this address',
      'trustedProxies[2] must be a network such as "10.0.0.0/8": write 10.0.0.1/32 for this address',
      'trustedProxies[3] must be a network such as "10.0.0.0/8"',
      'address must be an IPv4 or IPv6 address: write 10.0.0.1',
      'address must be an IPv4 or IPv6 address: write ::1',
      'address must be an IPv4 or IPv6 address: host names are not resolved',
      'address must be an IPv4 or IPv6 address',
    ],
  );
});
