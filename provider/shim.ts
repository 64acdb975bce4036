// The providers as Pulumi writes them into the state: only enough to find the installed package, which holds the code.
import type { dynamic } from '@pulumi/pulumi';
import type { Config } from './client/settings.ts';
import type { ResourceClass } from './model/base/kinds.ts';

// Pulumi keeps the text of these objects in the state of each resource and runs it at refresh and destroy, perhaps
// years later. So it is small, needs of the package no more than `methods(type, config)`, and is laid out as tsc writes
// it: the text is then the same whether Node strips the types or tsc compiles them, and a change of it updates every
// resource once.
//
// Each preview and each update starts the plug-in anew. Node's compile cache, which has to be there before the package is
// loaded, keeps what was compiled, and of a checkout, whose files are TypeScript, what they are without their types.
//
// `configure` is synchronous, because Pulumi calls other methods without waiting for it. It never throws: Pulumi would
// go on with a provider that has no methods, and a destroy would then drop resources that still exist from the state.

interface Shim {
  configure(request: { config: Config }): void;
  [method: string]: unknown;
}

// biome-ignore format: the text is kept in the state.
const loadBalancer: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('LoadBalancer', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

// biome-ignore format: the text is kept in the state.
const listener: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('Listener', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

// biome-ignore format: the text is kept in the state.
const forwardingRule: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('ForwardingRule', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

// biome-ignore format: the text is kept in the state.
const targetAttachment: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('TargetAttachment', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

// biome-ignore format: the text is kept in the state.
const backendServer: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('BackendServer', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

// biome-ignore format: the text is kept in the state.
const autoScalingGroup: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('AutoScalingGroup', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

// biome-ignore format: the text is kept in the state.
const autoScalingAttachment: Shim = {
    configure(q) {
        try {
            const { createRequire, enableCompileCache } = process.getBuiltinModule('module');
            enableCompileCache();
            Object.assign(this, createRequire(`${process.cwd()}/`)('weir/provider').methods('AutoScalingAttachment', q.config));
        }
        catch (e) {
            for (const m of ['check', 'diff', 'create', 'read', 'update', 'delete'])
                this[m] = () => { throw e; };
        }
    },
};

/** One object a type for the whole process: Pulumi serialises by identity, and serialising costs 100 ms. */
export const PROVIDERS: Readonly<Record<ResourceClass, dynamic.ResourceProvider>> = {
  LoadBalancer: asProvider(loadBalancer),
  Listener: asProvider(listener),
  ForwardingRule: asProvider(forwardingRule),
  TargetAttachment: asProvider(targetAttachment),
  BackendServer: asProvider(backendServer),
  AutoScalingGroup: asProvider(autoScalingGroup),
  AutoScalingAttachment: asProvider(autoScalingAttachment),
};

/** The methods that the type asks for appear with `configure`. */
function asProvider(shim: Shim): dynamic.ResourceProvider {
  return shim as unknown as dynamic.ResourceProvider;
}
