// The providers as Pulumi writes them into the state: only enough to find the installed package, which holds the code.
import type { dynamic } from '@pulumi/pulumi';
import type { Config } from './client/settings.ts';
import type { ResourceClass } from './model/base/kinds.ts';

// Pulumi keeps the text of these objects in the state of each resource and runs it at refresh and destroy, perhaps years
// later. So it is small, needs of the package no more than its name and `methods(type, config)`, and is laid out as tsc
// writes it, with no type in it: the text is then the same whether Node strips the types or tsc compiles them, and a
// change of it updates every resource once. What it used of this file would be written into the state with it.
//
// The package is looked for from the project and then from the real folder of each of the project's dependencies: pnpm,
// and npm where two versions of a package are needed, install what only a dependency needs where the project does not see
// it. The folder where it was found cannot be kept in the state, because it differs by machine. If it is nowhere, each
// method fails with what to do about it; Pulumi prints `${e}: ${e.stack}` beside the message, so a stack trace is left out.
// Other errors, such as those of a broken package or of the configuration, stay as they are.
//
// Each preview and each update starts the plug-in anew. Node's compile cache, which has to be there before the package is
// loaded, keeps what was compiled, and of a checkout, whose files are TypeScript, what they are without their types.
//
// `configure` is synchronous, because Pulumi calls other methods without waiting for it. It never throws: Pulumi would
// go on with a provider that has no methods, and a destroy would then drop resources that still exist from the state.

interface Shim {
  type: ResourceClass;
  configure(this: Shim, request: { config: Config }): void;
  [method: string]: unknown;
}

// biome-ignore format: the text is kept in the state.
const configure: Shim['configure'] = function (q) {
    try {
        const mod = process.getBuiltinModule('module');
        mod.enableCompileCache();
        const load = mod.createRequire(`${process.cwd()}/`);
        const fs = load('fs');
        const up = load.resolve.paths('x') || [];
        const [own] = up.map(d => d.replace(/\w+$/, 'package.json')).filter(fs.existsSync);
        const real = Object.keys({ ...own && load(own).dependencies }).flatMap(n => up.map(d => `${d}/${n}`)).filter(fs.existsSync).map(d => fs.realpathSync(d));
        Object.assign(this, load(load.resolve('pulumi-weir/provider', { paths: ['.', ...real] })).methods(this.type, q.config));
    }
    catch (e) {
        const why = /'pulumi-weir.provider'/.test(`${e}`) ? { message: "add pulumi-weir to the dependencies of the stack's project and keep it until the last resource is deleted", stack: 'not found', toString: () => 'weir' } : e;
        for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
            this[m] = () => { throw why; };
    }
};

/** One object a type for the whole process: Pulumi serialises by identity, and serialising costs 100 ms. */
export const PROVIDERS = {
  LoadBalancer: shimOf('LoadBalancer'),
  Listener: shimOf('Listener'),
  ForwardingRule: shimOf('ForwardingRule'),
  TargetAttachment: shimOf('TargetAttachment'),
  BackendServer: shimOf('BackendServer'),
  AutoScalingGroup: shimOf('AutoScalingGroup'),
  AutoScalingAttachment: shimOf('AutoScalingAttachment'),
} satisfies Record<ResourceClass, dynamic.ResourceProvider>;

/** The methods that the type of a provider asks for appear with `configure`. */
function shimOf(type: ResourceClass): dynamic.ResourceProvider {
  const shim: Shim = { type, configure };
  return shim as unknown as dynamic.ResourceProvider;
}
