// The providers as Pulumi writes them into the state: only enough code to load the installed package.
import type { dynamic } from '@pulumi/pulumi';
import type { Config } from './client/settings.ts';
import type { ResourceClass } from './model/base/kinds.ts';

// Pulumi keeps the text of a provider object in the state of each resource and runs it at refresh and destroy, perhaps
// years later. The text is therefore small, and depends only on the package's name and on `methods(type, config)`. It
// is laid out as tsc writes it and has no types in it, so that it is the same whether Node strips the types or tsc
// compiles them: a change of the text updates every resource once. It uses nothing else of this file, because Pulumi
// would write that into the state, too.
//
// The text looks for the package from the project and then from the real folder of each of the project's dependencies.
// pnpm, and npm if two versions of a package are needed, install the dependencies of a dependency where the project
// does not see them. The folder of the package cannot be kept in the state, because it differs by machine. If the
// package is nowhere, each method fails with a message that says what to do. Pulumi prints `${e}: ${e.stack}` beside
// that message, so the error has no stack trace. Other errors, such as those of a broken package or of the
// configuration, are thrown unchanged.
//
// Each preview and each update starts a new plug-in. Node's compile cache, which must be enabled before the package is
// loaded, keeps the compiled code, and in a checkout also the TypeScript files without their types.
//
// `configure` is synchronous, because Pulumi calls other methods without waiting for it. It never throws: Pulumi would
// go on with a provider without methods, and a destroy would then drop resources that still exist from the state.

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

/**
 * The provider of each resource type. All resources of a type share one object, because Pulumi serialises every
 * distinct provider object, which takes 100 ms.
 */
export const PROVIDERS = {
  LoadBalancer: shimOf('LoadBalancer'),
  Listener: shimOf('Listener'),
  ForwardingRule: shimOf('ForwardingRule'),
  TargetAttachment: shimOf('TargetAttachment'),
  BackendServer: shimOf('BackendServer'),
  AutoScalingGroup: shimOf('AutoScalingGroup'),
  AutoScalingAttachment: shimOf('AutoScalingAttachment'),
} satisfies Record<ResourceClass, dynamic.ResourceProvider>;

/** A provider without its methods, which `configure` adds. */
function shimOf(type: ResourceClass): dynamic.ResourceProvider {
  const shim: Shim = { type, configure };
  return shim as unknown as dynamic.ResourceProvider;
}
