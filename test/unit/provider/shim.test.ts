// The text that Pulumi keeps in the state of every resource: a change of it is a change of every stack.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { PROVIDERS } from '../../../provider/shim.ts';
import { temporaryDirectory } from '../../harness/runtime.ts';
import { ROOT } from '../../harness/tree.ts';

const MAX_BYTES = 1_500;

function expectedText(type: string): string {
  return `exports.handler = __f0;

var __p = {type: "${type}", configure: __f1};

function __f1(__0) {
  return (function() {
    with({ this: undefined, arguments: undefined }) {

return function (q) {
    try {
        const node = process.getBuiltinModule('module');
        node.enableCompileCache();
        const load = node.createRequire(\`\${process.cwd()}/\`);
        const fs = load('fs');
        const up = load.resolve.paths('x') || [];
        const [own] = up.map(d => d.replace(/\\w+$/, 'package.json')).filter(fs.existsSync);
        const real = Object.keys({ ...own && load(own).dependencies }).flatMap(n => up.map(d => \`\${d}/\${n}\`)).filter(fs.existsSync).map(d => fs.realpathSync(d));
        Object.assign(this, load(load.resolve('pulumi-weir/provider', { paths: ['.', ...real] })).methods(this.type, q.config));
    }
    catch (e) {
        const why = /'pulumi-weir.provider'/.test(\`\${e}\`) ? { message: 'add pulumi-weir to the dependencies of the project that holds this stack, and keep it until its last resource is deleted', stack: 'not found', toString: () => 'pulumi-weir' } : e;
        for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
            this[m] = () => { throw why; };
    }
};

    }
  }).apply(undefined, undefined).apply(this, arguments);
}

function __f0() {
  return (function() {
    with({ p: __p, this: undefined, arguments: undefined }) {

return () => p;

    }
  }).apply(undefined, undefined).apply(this, arguments);
}
`;
}

/** As the SDK of Pulumi serialises a provider, with the same name for what the function closes over. */
function textOf(p: pulumi.dynamic.ResourceProvider): Promise<{ text: string }> {
  return pulumi.runtime.serializeFunction(() => p, { allowSecrets: true });
}

for (const [type, provider] of Object.entries(PROVIDERS)) {
  test(`the shim of ${type} is the pinned text, and small`, async () => {
    const { text } = await textOf(provider);
    assert.equal(text, expectedText(type));
    assert.ok(Buffer.byteLength(text) < MAX_BYTES, `${Buffer.byteLength(text)} bytes`);
  });
}

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
    assert.throws(() => provider[method]?.(), { message: /^weir:endpoint is "nonsense", which is no URL of a Weir/ });
  }
});

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
