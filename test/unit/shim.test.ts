// The provider text that Pulumi keeps in the state of every resource: a change of this text changes every stack.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import ts from 'typescript';
import { PROVIDERS } from '../../provider/shim.ts';
import { ROOT } from '../harness/machine/tree.ts';
import { temporaryDirectory } from '../harness/runtime/runtime.ts';

const MAX_BYTES = 1_500;

function expectedText(type: string): string {
  return `exports.handler = __f0;

var __provider = {type: "${type}", configure: __f1};

function __f1(__0) {
  return (function() {
    with({ this: undefined, arguments: undefined }) {

return function (q) {
    try {
        const mod = process.getBuiltinModule('module');
        mod.enableCompileCache();
        const load = mod.createRequire(\`\${process.cwd()}/\`);
        const fs = load('fs');
        const up = load.resolve.paths('x') || [];
        const [own] = up.map(d => d.replace(/\\w+$/, 'package.json')).filter(fs.existsSync);
        const real = Object.keys({ ...own && load(own).dependencies }).flatMap(n => up.map(d => \`\${d}/\${n}\`)).filter(fs.existsSync).map(d => fs.realpathSync(d));
        Object.assign(this, load(load.resolve('pulumi-weir/provider', { paths: ['.', ...real] })).methods(this.type, q.config));
    }
    catch (e) {
        const why = /'pulumi-weir.provider'/.test(\`\${e}\`) ? { message: "add pulumi-weir to the dependencies of the stack's project and keep it until the last resource is deleted", stack: 'not found', toString: () => 'weir' } : e;
        for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
            this[m] = () => { throw why; };
    }
};

    }
  }).apply(undefined, undefined).apply(this, arguments);
}

function __f0() {
  return (function() {
    with({ provider: __provider, this: undefined, arguments: undefined }) {

return () => provider;

    }
  }).apply(undefined, undefined).apply(this, arguments);
}
`;
}

/**
 * Returns the provider as text, like the serialisation in Pulumi's SDK. The function must close over the same name,
 * `provider`.
 */
function textOf(provider: pulumi.dynamic.ResourceProvider): Promise<{ text: string }> {
  return pulumi.runtime.serializeFunction(() => provider, { allowSecrets: true });
}

for (const [type, provider] of Object.entries(PROVIDERS)) {
  test(`the shim of ${type} is the pinned text, and small`, async () => {
    const { text } = await textOf(provider);
    assert.equal(text, expectedText(type));
    assert.ok(Buffer.byteLength(text) < MAX_BYTES, `${Buffer.byteLength(text)} bytes`);
  });
}

test('the text is the same where tsc compiled the file', async (t) => {
  const source = readFileSync(join(ROOT, 'provider/shim.ts'), 'utf8');
  const options = { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  const file = join(temporaryDirectory(t), 'shim.mjs');
  writeFileSync(file, ts.transpile(source, options));
  const compiled: { PROVIDERS: typeof PROVIDERS } = await import(file);
  const { text } = await textOf(compiled.PROVIDERS.Listener);
  assert.equal(text, expectedText('Listener'));
});

type Methods = Record<string, (...args: unknown[]) => unknown>;

function configured(type: keyof typeof PROVIDERS, config: Record<string, string>): Methods {
  const provider = Object.create(PROVIDERS[type]) as Methods;
  const result = provider.configure?.({ config: { get: (key: string) => config[key] } });
  assert.equal(result, undefined, 'configure is synchronous');
  return provider;
}

test('configure puts the methods of the installed package in place', async () => {
  const provider = configured('Listener', { 'weir:endpoint': 'http://127.0.0.1:1' });
  const news = { loadBalancerId: 'lb', protocol: 'TCP', port: 0 };
  const result = (await provider.check?.({}, news)) as pulumi.dynamic.CheckResult;
  assert.deepEqual(
    result.failures?.map((failure) => failure.property),
    ['port'],
  );
});

test('where configure fails every method fails with its reason, and none is missing', () => {
  const provider = configured('Listener', { 'weir:endpoint': 'nonsense' });
  for (const method of ['check', 'diff', 'create', 'read', 'update', 'delete']) {
    assert.throws(() => provider[method]?.(), {
      message: /^weir:endpoint is "nonsense", which is not the URL of a Weir/,
    });
  }
});

const PACKAGE = { name: 'pulumi-weir', exports: { './provider': './provider.js' } };
const PROVIDER = "exports.methods = (type) => ({ check: () => type + ' found' });";
const NOT_FOUND = [
  "add pulumi-weir to the dependencies of the stack's project and keep it until the last resource is deleted",
  'weir: not found',
];

/**
 * Tests of the search for the package: the files (text, or an object for JSON), and what `check` says in the folder
 * `shop`, which is a result or an error.
 */
const LOOKUPS: Record<string, { files: Record<string, string | object>; says: readonly (string | RegExp)[] }> = {
  'beside the project, which needs no package.json': {
    files: {
      'shop/node_modules/pulumi-weir/package.json': PACKAGE,
      'shop/node_modules/pulumi-weir/provider.js': PROVIDER,
    },
    says: ['Listener found'],
  },
  'in a dependency of the project': {
    files: {
      'shop/package.json': { dependencies: { '@acme/components': '1' } },
      'shop/node_modules/@acme/components/node_modules/pulumi-weir/package.json': PACKAGE,
      'shop/node_modules/@acme/components/node_modules/pulumi-weir/provider.js': PROVIDER,
    },
    says: ['Listener found'],
  },
  "in a dependency that stands in the workspace's folder": {
    files: {
      'package.json': { dependencies: { other: '1' } },
      'shop/package.json': { dependencies: { absent: '1', components: '1' } },
      'node_modules/components/node_modules/pulumi-weir/package.json': PACKAGE,
      'node_modules/components/node_modules/pulumi-weir/provider.js': PROVIDER,
    },
    says: ['Listener found'],
  },
  'in the project before a dependency': {
    files: {
      'shop/package.json': { dependencies: { components: '1', 'pulumi-weir': '1' } },
      'shop/node_modules/pulumi-weir/package.json': PACKAGE,
      'shop/node_modules/pulumi-weir/provider.js': PROVIDER,
      'shop/node_modules/components/node_modules/pulumi-weir/package.json': PACKAGE,
      'shop/node_modules/components/node_modules/pulumi-weir/provider.js': 'throw new Error("the wrong one");',
    },
    says: ['Listener found'],
  },
  nowhere: {
    files: {
      'shop/package.json': { dependencies: { components: '1' } },
      'shop/node_modules/components/package.json': { name: 'components' },
    },
    says: NOT_FOUND,
  },
  'nowhere, and there is no package.json': { files: { 'shop/index.ts': '' }, says: NOT_FOUND },
  'a package without its code': {
    files: { 'shop/node_modules/pulumi-weir/package.json': PACKAGE },
    says: [/^Cannot find module '.*shop\/node_modules\/pulumi-weir\/provider\.js'/, /^Error: .*\n +at /s],
  },
  'a package without one of its own dependencies': {
    files: {
      'shop/node_modules/pulumi-weir/package.json': PACKAGE,
      'shop/node_modules/pulumi-weir/provider.js': "require('fastify');",
    },
    says: [/^Cannot find module 'fastify'/, /^Error: .*\n +at /s],
  },
  'another package of that name': {
    files: { 'shop/node_modules/pulumi-weir/package.json': { name: 'pulumi-weir', exports: { '.': './index.js' } } },
    says: [/^Package subpath '.\/provider' is not defined by "exports"/, /^Error.*\n +at /s],
  },
};

for (const [name, { files, says }] of Object.entries(LOOKUPS)) {
  test(`the package is looked for: ${name}`, (t) => {
    const directory = temporaryDirectory(t);
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    // This program prints an error like the plug-in of Pulumi.
    const plugin = `
      const { Listener } = require(${JSON.stringify(join(ROOT, 'provider/shim.ts'))}).PROVIDERS;
      Listener.configure({ config: { get() {} } });
      let said;
      try {
        said = [Listener.check()];
      } catch (error) {
        said = [error.message, \`\${error}: \${error.stack}\`];
      }
      console.log(JSON.stringify(said));`;
    const options = { cwd: join(directory, 'shop'), encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', plugin], options);
    assert.equal(stderr, '');
    const said: string[] = JSON.parse(stdout);
    assert.equal(said.length, says.length, stdout);
    for (const [index, expected] of says.entries()) {
      if (typeof expected === 'string') assert.equal(said[index], expected);
      else assert.match(said[index] ?? '', expected);
    }
  });
}

test('a plug-in that a signal ends has left what it compiled to the next one', (t) => {
  const directory = temporaryDirectory(t);
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
  const plugin = `
    require('./provider/shim.ts').PROVIDERS.Listener.configure({ config: { get() {} } });
    process.kill(process.pid, 'SIGKILL');`;
  const options = { cwd: ROOT, env: { ...env, TMPDIR: directory }, encoding: 'utf8' } as const;
  const { signal, stderr } = spawnSync(process.execPath, ['-e', plugin], options);
  assert.equal(signal, 'SIGKILL', stderr);
  const files = readdirSync(join(directory, 'node-compile-cache'), { recursive: true, withFileTypes: true });
  assert.ok(files.filter((file) => file.isFile()).length > 100, `${files.length} entries`);
});
