// An exported program declares exactly what runs: evaluating the program gives back what the runtime has.
import assert from 'node:assert/strict';
import { stripTypeScriptTypes } from 'node:module';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { z } from 'zod';
import { exportedProgram } from '../../../../provider/cli/export/program.ts';
import type { ApiObject } from '../../../../provider/model/api/objects.ts';
import { KINDS, type Kind, RESOURCE_CLASSES } from '../../../../provider/model/base/kinds.ts';
import { RESERVED_NAME } from '../../../../provider/model/base/record.ts';
import { asFingerprint, fingerprint, replaceSecrets } from '../../../../provider/model/base/secrets.ts';
import { SCHEMAS } from '../../../../provider/model/objects/schemas.ts';
import { canonicalForm, unwrapped } from '../../../../provider/properties/canonical-form.ts';
import type { Properties } from '../../../../provider/properties/properties.ts';
import { resourceOfClass } from '../../../../provider/resources/registry.ts';
import { faultsOf } from '../../../harness/export/compiler.ts';
import { type ExportedModel, type ModelObject, models } from '../../../harness/export/models.ts';
import { assertHolds, samplesOf } from '../../../harness/properties/properties.ts';

const ENDPOINT = 'http://127.0.0.1:7400';
const MEMBERS_OF_OBJECT = Object.getOwnPropertyNames(Object.prototype).filter((name) => name !== RESERVED_NAME);

/** The API's responses for a model, with every default filled in and fingerprints in place of secrets. */
function repliesOf(model: ExportedModel): Map<Kind, ApiObject[]> {
  const response = (kind: Kind, { id, owner, warnings, properties }: ModelObject): ApiObject => ({
    id,
    ...replaceSecrets(kind, canonicalForm(SCHEMAS[kind], properties) as Properties, asFingerprint),
    owner,
    warnings: [...warnings],
    incarnation: 'i-1',
    version: 1,
  });
  return new Map([...model].map(([kind, objects]) => [kind, objects.map((object) => response(kind, object))]));
}

interface Declared {
  readonly type: string;
  readonly name: string;
  readonly args: Properties;
  readonly id: unknown;
}

/**
 * Evaluates the program and returns the resources that it declares, in order. Each secret is represented by its
 * configuration key.
 */
function evaluate(program: string): Declared[] {
  const declared: Declared[] = [];
  const classOf = (type: string) =>
    class {
      readonly id: unknown;

      constructor(name: string, args: Properties) {
        this.id = args.adopt;
        declared.push({ type, name, args, id: this.id });
      }
    };
  const weir = Object.fromEntries(Object.values(RESOURCE_CLASSES).map((type) => [type, classOf(type)]));
  const Config = class {
    requireSecret(key: string) {
      return `config ${key}`;
    }
  };
  const context = createContext({ weir, pulumi: { Config } });
  runInContext(stripTypeScriptTypes(program.replace(/^import .*$/gm, '')), context);
  // Objects that the program made in its own `vm` context have other prototypes, which deepEqual would report as a
  // difference.
  return structuredClone(declared);
}

/** Returns the secrets of an exported model by their configuration keys. */
function secretsOf(model: ExportedModel, declared: readonly Declared[]): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const { type, args } of declared) {
    const { kind } = descriptionOf(type);
    const { properties } = objectOf(model, kind, args.adopt);
    replaceSecrets(kind, args, (name, key, path) => {
      const secret = path.reduce<unknown>((at, step) => (at as Properties)[step], properties) as string;
      assert.equal(secrets.get(String(key)) ?? secret, secret, `${key} is one secret`);
      secrets.set(String(key), secret);
      return [name, key];
    });
  }
  return secrets;
}

function descriptionOf(type: string) {
  return resourceOfClass(type) ?? assert.fail(`there is no ${type}`);
}

function objectOf(model: ExportedModel, kind: Kind, id: unknown): ModelObject {
  return model.get(kind)?.find((object) => object.id === id) as ModelObject;
}

test('a program declares each object once, with the properties of the object, after the objects that it refers to', () => {
  assertHolds(
    fc.property(models, (model) => {
      const program = exportedProgram(ENDPOINT, repliesOf(model));
      const declared = evaluate(program);
      const secrets = secretsOf(model, declared);
      const names = declared.map(({ type, name }) => `${type} ${name}`);
      assert.equal(new Set(names).size, names.length, 'no name is given twice');
      assert.deepEqual(
        declared.map(({ type, id }) => `${descriptionOf(type).kind}/${id}`).sort(),
        [...model].flatMap(([kind, objects]) => objects.map(({ id }) => `${kind}/${id}`)).sort(),
      );
      for (const { type, args } of declared) {
        const { kind, schema } = descriptionOf(type);
        const { id, owner, properties } = objectOf(model, kind, args.adopt);
        const { adopt, adoptFrom, ...given } = args;
        assert.equal(adopt, id);
        assert.equal(adoptFrom, owner === '' ? undefined : owner);
        const known = replaceSecrets(kind, given, (name, value) => [name, secrets.get(String(value))]);
        assert.deepEqual(canonicalForm(schema, known), canonicalForm(schema, withoutJoined(properties)));
      }
    }),
    { numRuns: 500 },
  );
});

/**
 * Returns the properties of a group, without `members` if all members joined through the API. Such a member has its
 * server id as its name.
 */
function withoutJoined({ members, ...properties }: Properties): Properties {
  const isDeclared = Object.entries(members ?? {}).some(([name, serverId]) => name !== serverId);
  return isDeclared ? { ...properties, members } : properties;
}

test('the models have every property of every kind', () => {
  const pathsOf = (schema: z.core.$ZodType, path: string): string[] => {
    const inner = unwrapped(schema);
    if (inner instanceof z.ZodRecord) return pathsOf(inner.valueType, `${path}.*`);
    if (!(inner instanceof z.ZodObject)) return [path];
    return Object.entries(inner.shape).flatMap(([key, property]) => pathsOf(property, `${path}.${key}`));
  };
  const isThere = (value: unknown, [key, ...rest]: string[]): boolean => {
    if (key === undefined) return value !== undefined;
    if (typeof value !== 'object' || value === null) return false;
    const items = key === '*' ? Object.values(value) : [(value as Properties)[key]];
    return items.some((item) => isThere(item, rest));
  };
  const samples = samplesOf(models, 1_000);
  for (const kind of KINDS) {
    const objects = samples.flatMap((model) => model.get(kind) ?? []);
    for (const path of pathsOf(SCHEMAS[kind], kind)) {
      const isGenerated = objects.some(({ properties }) => isThere(properties, path.split('.').slice(1)));
      assert.ok(isGenerated, path);
    }
  }
});

/**
 * A list of models that does not shrink: a compiler takes seconds to start, and each shorter list would need another
 * start.
 */
const manyModels = fc.noShrink(fc.array(models, { minLength: 40, maxLength: 40 }));

test('the programs have the types of the SDK, and no unused variable', () => {
  const property = fc.property(manyModels, (many) => {
    assert.equal(faultsOf(many.map((model) => exportedProgram(ENDPOINT, repliesOf(model)))), '');
  });
  assertHolds(property, { numRuns: 1 });
});

test('targets, members, tags and certificates may have the names of inherited members of an object', () => {
  const each = (value: unknown) => Object.fromEntries(MEMBERS_OF_OBJECT.map((name) => [name, value]));
  const pair = { certificate: 'c', privateKey: 'key' };
  const model: ExportedModel = new Map<Kind, ModelObject[]>([
    ['load-balancers', [object('toString', { tags: each('a') })]],
    [
      'listeners',
      [object('constructor', { loadBalancerId: 'toString', protocol: 'HTTPS', port: 1, certificates: each(pair) })],
    ],
    ['groups', [object('valueOf', { members: each('toString') })]],
    [
      'attachments',
      [object('a', { listenerId: 'constructor', targets: each({ address: '::1', port: 1, type: 'eni' }) })],
    ],
  ]);
  const program = exportedProgram(ENDPOINT, repliesOf(model));
  assert.equal(faultsOf([program]), '');
  assert.match(program, /toString: \{ address: "::1", type: "eni" as const, port: 1 \},/);
  const targets = evaluate(program).find(({ type }) => type === 'TargetAttachment')?.args.targets;
  assert.deepEqual(Object.keys(targets as object).sort(), [...MEMBERS_OF_OBJECT].sort());
});

test('a program reads as if a person had written it', () => {
  const model: ExportedModel = new Map<Kind, ModelObject[]>([
    ['load-balancers', [object('web-1f0c2a9b', { address: '127.0.0.1' }, 'urn:pulumi:dev::shop::x::web')]],
    [
      'listeners',
      [
        object('https', {
          loadBalancerId: 'web-1f0c2a9b',
          protocol: 'HTTPS',
          port: 8443,
          certificates: { main: { certificate: '-----BEGIN\nEND-----\n', privateKey: 'pem' } },
          trustedProxies: ['10.0.0.0/8'],
        }),
      ],
    ],
    [
      'attachments',
      [
        {
          ...object('app', {
            listenerId: 'https',
            targets: {
              b1: { address: '127.0.0.1', port: 9001, weight: 50 },
              '10.0.0.1:80': { address: '10.0.0.1', port: 80, weight: 100 },
            },
            defaultPort: 80,
          }),
          warnings: ['a warning\nin two lines'],
        },
      ],
    ],
  ]);
  assert.equal(
    exportedProgram('http://10.0.0.5:7400', repliesOf(model)),
    `// The configuration of the runtime at http://10.0.0.5:7400, by \`weir export\`.
// The first \`pulumi up\` adopts the running objects unchanged. After it, \`adopt\` and \`adoptFrom\` can be removed.
// Before the first \`pulumi up\`, run:
//     pulumi config set weir:endpoint http://10.0.0.5:7400
//     pulumi config set --secret httpsMainPrivateKey < FILE    # https: certificates.main.privateKey

import * as pulumi from "@pulumi/pulumi";
import * as weir from "pulumi-weir";

const config = new pulumi.Config();

const webLoadBalancer = new weir.LoadBalancer("web", {
  address: "127.0.0.1",
  adopt: "web-1f0c2a9b",
  adoptFrom: "urn:pulumi:dev::shop::x::web",
});

const httpsListener = new weir.Listener("https", {
  loadBalancerId: webLoadBalancer.id,
  protocol: "HTTPS",
  port: 8443,
  certificates: {
    main: {
      certificate: \`-----BEGIN
END-----
\`,
      privateKey: config.requireSecret("httpsMainPrivateKey"),
    },
  },
  trustedProxies: ["10.0.0.0/8"],
  adopt: "https",
});

// a warning\\u000ain two lines
new weir.TargetAttachment("app", {
  listenerId: httpsListener.id,
  targets: {
    b1: { address: "127.0.0.1", port: 9001, weight: 50 },
    "10.0.0.1:80": { address: "10.0.0.1", port: 80 },
  },
  defaultPort: 80,
  adopt: "app",
});
`,
  );
});

test('the program says how its stack gets the certificate authority of an https runtime', () => {
  const model = new Map([['load-balancers', [object('web', { address: '127.0.0.1' })]]] as const);
  const commands = (endpoint: string, caFile: string | undefined, ca: string | undefined) =>
    exportedProgram(endpoint, repliesOf(model), { ca, caFile }).match(/pulumi config set .*/g);
  const endpoint = 'pulumi config set weir:endpoint https://a.example:7400';
  const https = 'https://a.example:7400';
  assert.deepEqual(commands(https, '/etc/ca.pem', 'PEM'), [endpoint, 'pulumi config set weir:ca < /etc/ca.pem']);
  assert.deepEqual(commands(https, "/etc/it's.pem", 'PEM'), [
    endpoint,
    "pulumi config set weir:ca < '/etc/it'\\''s.pem'",
  ]);
  assert.deepEqual(commands(https, undefined, 'PEM'), [
    endpoint,
    'pulumi config set weir:ca < FILE    # the text of --ca or WEIR_CA',
  ]);
  assert.deepEqual(commands(https, undefined, undefined), [endpoint]);
  assert.deepEqual(commands('http://127.0.0.1:7400', '/etc/ca.pem', 'PEM'), null);
});

function object(id: string, properties: Properties, owner?: string): ModelObject {
  return { id, owner, warnings: [], properties };
}

test('equal secrets are requested once', () => {
  const listener = (id: string, name: string) =>
    object(id, {
      loadBalancerId: 'lb',
      protocol: 'HTTPS',
      port: 443,
      certificates: { [name]: { certificate: 'c', privateKey: 'pem' } },
    });
  const program = exportedProgram(
    ENDPOINT,
    repliesOf(new Map([['listeners', [listener('a', 'x'), listener('b', 'y')]]])),
  );
  assert.deepEqual(program.match(/--secret .*/g), [
    '--secret aXPrivateKey < FILE    # a: certificates.x.privateKey, b: certificates.y.privateKey',
  ]);
  assert.ok(!program.includes(fingerprint('pem')));
});
