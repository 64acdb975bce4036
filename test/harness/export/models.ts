// Arbitrary configurations of a runtime for property tests: every kind, every property, and any text for free-text
// properties.
import fc from 'fast-check';
import { KINDS, type Kind } from '../../../provider/model/base/kinds.ts';

export interface ModelObject {
  readonly id: string;
  readonly owner: string | undefined;
  readonly warnings: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

export type ExportedModel = ReadonlyMap<Kind, readonly ModelObject[]>;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '`\x24{lb.id}`',
    '"; process.exit(1); //',
    "it's",
    'a\r\nb',
    'two\nlines\n',
    '\\',
    '*/',
    '\u2028',
    '\u202e',
    '\ud800',
  ),
);
const membersOfObject = Object.getOwnPropertyNames(Object.prototype);
const key = fc
  .oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: fc.constantFrom(...membersOfObject) })
  .filter((value) => value !== '' && value !== '__proto__');
/**
 * Ids come from a small set, so that references often name an existing object and objects of several kinds share an id.
 * The set includes ids that the provider makes and reserved words.
 */
const id = fc.oneof(
  fc.constantFrom(
    'web',
    'web-1f0c2a9b',
    'web-00000000',
    'Web',
    'web-2',
    '80',
    'default',
    'undefined',
    'a.b_c',
    'API',
    'listener',
  ),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/),
);
const port = fc.integer({ min: 1, max: 65_535 });
const address = fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::1'));
const seconds = fc.oneof(fc.integer({ min: 1, max: 86_400 }), fc.constantFrom(0.05, 0.5, 2.75));
const weight = fc.integer({ min: 0, max: 100 });
const algorithm = fc.constantFrom('weighted-round-robin', 'weighted-least-connections', 'source-ip-hash');
const secret = fc.constantFrom('key one', 'key two', 'key three');
const kind = fc.constantFrom('ecs', 'eni', 'eci');
const tags = fc.dictionary(key, text, { maxKeys: 3 });
const sharedWith = fc.array(fc.constantFrom('shop/*', 'billing/prod', '*/*'), { maxLength: 3 });

function some(properties: Record<string, fc.Arbitrary<unknown>>, required: string[] = []) {
  return fc.record(properties, { requiredKeys: required as never[] });
}

const healthCheck = some({
  protocol: fc.constantFrom('TCP', 'HTTP', 'HTTPS', 'UDP', 'none'),
  port,
  path: fc.constantFrom('/', '/a`b', "/it's", '/"x"?y=1', '/\x24{z}'),
  host: fc.constantFrom('example.com', '[::1]:80'),
  method: fc.constantFrom('GET', 'HEAD'),
  expectedCodes: fc.constantFrom('200', '200-399', '200,204'),
  send: fc.constantFrom('\\x00\\\\', 'ping\n'),
  expect: fc.constantFrom('pong', '\\xff'),
  intervalSeconds: seconds,
  timeoutSeconds: seconds,
  healthyThreshold: fc.integer({ min: 1, max: 100 }),
  unhealthyThreshold: fc.integer({ min: 1, max: 100 }),
});
const stickySession = some(
  {
    type: fc.constantFrom('cookie', 'source-ip'),
    cookieName: fc.constantFrom('weir', "it's`$"),
    cookieKey: secret,
    lifetimeSeconds: seconds,
    sameSite: fc.constantFrom('Lax', 'Strict', 'None'),
    domain: fc.constantFrom('example.com', '.shop.example'),
  },
  ['type'],
);
const certificate = some(
  {
    certificate: fc.constantFrom('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', 'a\r\nb`'),
    privateKey: secret,
    serverNames: fc.array(fc.constantFrom('*.example.com', 'example.com'), { maxLength: 3 }),
  },
  ['certificate', 'privateKey'],
);
const parent = fc.oneof(fc.record({ loadBalancerId: id }), fc.record({ listenerId: id }), fc.record({ ruleId: id }));

const redirect = some({
  protocol: fc.constantFrom('HTTP', 'HTTPS'),
  host: fc.constantFrom('example.com', 'www.{host}'),
  port: fc.constantFrom(8443, '{port}'),
  path: fc.constantFrom('/new{path}', "/it's`\x24{x}"),
  query: fc.constantFrom('', '{query}&a="b"'),
  status: fc.constantFrom(301, 302, 303, 307, 308),
});
const fixedResponse = some(
  { status: fc.integer({ min: 200, max: 599 }), contentType: fc.constantFrom('text/html'), body: text },
  ['status'],
);
const rewrite = some({ host: fc.constantFrom('example.com:80'), path: fc.constantFrom('/', "/it's") });
const headers = fc.dictionary(key, text, { maxKeys: 2 });
const headerEdits = some({ set: headers, add: headers, remove: fc.array(key, { maxLength: 2 }) });

/** Arbitrary properties by kind. A test compares the property names with the schema. */
const PROPERTIES: Record<Kind, fc.Arbitrary<Record<string, unknown>>> = {
  'load-balancers': some({
    type: fc.constantFrom('application', 'classic'),
    address,
    region: text,
    vpcId: text,
    zoneId: text,
    performance: fc.constantFrom('shared', 'guaranteed'),
    deletionProtection: fc.boolean(),
    sharedWith,
    tags,
  }),
  listeners: some(
    {
      loadBalancerId: id,
      protocol: fc.constantFrom('TCP', 'UDP', 'HTTP', 'HTTPS'),
      port,
      backendPort: port,
      algorithm,
      healthCheck,
      stickySession,
      certificates: fc.dictionary(key, certificate, { maxKeys: 3 }),
      idleTimeoutSeconds: seconds,
      requestTimeoutSeconds: seconds,
      requestBodyTimeoutSeconds: fc.constantFrom(0, 30),
      requestBodyMinRate: fc.constantFrom(0, 1000),
      tunnelIdleTimeoutSeconds: fc.constantFrom(0, 3600),
      drainSeconds: fc.constantFrom(0, 10),
      awaitDrainSeconds: fc.constantFrom(0, 15),
      slowStartSeconds: fc.constantFrom(0, 30),
      maxConnections: port,
      maxPendingRequests: port,
      maxIdleTargetConnections: fc.integer({ min: 0, max: 100 }),
      maxConnectionsPerTarget: port,
      proxyProtocol: fc.constantFrom('v1', 'v2'),
      acceptProxyProtocol: fc.array(fc.constantFrom('10.0.0.0/8', '2001:db8::/32'), { maxLength: 8 }),
      trustedProxies: fc.array(fc.constantFrom('10.0.0.0/8', '2001:db8::/32'), { maxLength: 8 }),
      allow: fc.array(fc.constantFrom('10.0.0.0/8', '2001:db8::/32'), { maxLength: 8 }),
      deny: fc.array(fc.constantFrom('10.0.0.0/8', '2001:db8::/32'), { maxLength: 8 }),
      connectionsPerSecond: some({ total: port, burst: port }, ['total']),
      requestsPerSecond: some({ perClient: port, total: port, burst: port }, ['total']),
      sharedWith,
      tags,
    },
    ['loadBalancerId', 'protocol', 'port'],
  ),
  rules: some(
    {
      listenerId: id,
      host: fc.constantFrom('example.com', '*.example.com'),
      path: fc.constantFrom('/', "/it's`\x24{x}"),
      pathMatch: fc.constantFrom('prefix', 'exact'),
      algorithm,
      healthCheck,
      stickySession,
      maxIdleTargetConnections: fc.integer({ min: 0, max: 100 }),
      maxConnectionsPerTarget: port,
      redirect,
      fixedResponse,
      rewrite,
      requestHeaders: headerEdits,
      responseHeaders: headerEdits,
      sharedWith,
      tags,
    },
    ['listenerId'],
  ),
  attachments: merged(
    parent,
    some(
      {
        targets: fc.dictionary(
          key,
          some({
            serverId: id,
            address,
            type: kind,
            port,
            weight,
            description: fc.constantFrom('first', 'a/b-c_d.e'),
          }),
          { maxKeys: 4 },
        ),
        defaultPort: port,
        manageWeights: fc.boolean(),
        awaitHealthySeconds: seconds,
        handoverSeconds: fc.constantFrom(0, 5, 30),
        awaitDrainSeconds: fc.constantFrom(0, 15),
        tags,
      },
      ['targets'],
    ),
  ),
  'backend-servers': some(
    {
      region: text,
      vpcId: text,
      zoneId: text,
      addresses: fc.array(address, { minLength: 1, maxLength: 4 }),
      status: fc.constantFrom('Running', 'Starting', 'Stopping', 'Stopped'),
      bandwidthMbps: fc.constantFrom(0, 0.5, 100),
      expiresAt: fc.constantFrom('2027-01-31T00:00:00Z', '2027-01-31T00:00:00+08:00'),
      isolated: fc.boolean(),
      kind,
      tags,
    },
    ['region', 'vpcId', 'addresses'],
  ),
  groups: fc.oneof(
    some({ members: fc.dictionary(key, id, { maxKeys: 4 }), tags }),
    some({ joinable: fc.array(fc.constantFrom('*', 'i-web-*', 'eni-?0'), { maxLength: 3 }), tags }),
  ),
  'group-attachments': merged(
    parent,
    some({ groupId: id, port, weight, awaitDrainSeconds: fc.constantFrom(0, 15), tags }, ['groupId']),
  ),
};

export const models: fc.Arbitrary<ExportedModel> = fc
  .tuple(...KINDS.map((each) => objectsOf(PROPERTIES[each]).map((objects) => [each, objects] as const)))
  .map((entries) => new Map(entries));

function objectsOf(properties: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<ModelObject[]> {
  const owner = fc.option(
    fc.oneof(text, fc.constant('urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:Listener::web')),
    { nil: undefined },
  );
  const object = fc.record({ id, owner, warnings: fc.array(text, { maxLength: 2 }), properties });
  return fc.uniqueArray(object, { maxLength: 4, selector: (each) => each.id });
}

function merged(...parts: fc.Arbitrary<Record<string, unknown>>[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.tuple(...parts).map((values) => Object.assign({}, ...values));
}
