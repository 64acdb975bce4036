// A small model of Pulumi's engine, faster than the CLI: it calls the providers' methods in the same order, keeps the
// same state, and can be killed before or after any call.
import { type Methods, methods } from '../../../provider/index.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';
import { programOf } from '../../../provider/program/program.ts';

export interface ProgramResource {
  readonly type: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** URNs of the resources whose ids the properties contain, by property path such as `targets.a.serverId`. */
  readonly parents?: Readonly<Record<string, string>>;
}

/** Resources of a program; each resource follows those that it refers to. */
export type ProgramResources = readonly ProgramResource[];

/**
 * The call of create, update or delete at which the engine is killed, counted from 0: before the runtime receives the
 * request, or (`isHeard`) before the engine receives the response.
 */
export interface Kill {
  readonly call: number;
  readonly isHeard: boolean;
}

interface Entry {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Whether the resource was replaced and its old object still has to be deleted. */
  readonly isOld: boolean;
}

/**
 * The end of an update. After 'killed', the runtime may have changed an object that the state still describes as
 * before; only a refresh notices this. After 'lost', the runtime has an object that is missing from the state, or the
 * state has an object that the runtime has deleted; only another run of the same program finds it, as with the real
 * engine.
 */
type Ending = 'done' | 'killed' | 'lost';

class Killed extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending);
    this.ending = ending;
  }
}

export function urnOf({ type, name }: Pick<ProgramResource, 'type' | 'name'>): string {
  return `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:${type}::${name}`;
}

/** Returns the resource's properties; `replacement` gives the value of each reference to a parent. */
export function withParents({ properties, parents = {} }: ProgramResource, replacement: (urn: string) => unknown) {
  const filled: Record<string, unknown> = structuredClone(properties);
  for (const [path, urn] of Object.entries(parents)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const place = names.reduce((value, name) => {
      value[name] ??= {};
      return value[name] as Record<string, unknown>;
    }, filled);
    place[last] = replacement(urn);
  }
  return filled;
}

/**
 * URNs that the providers have seen. Pulumi ends the providers' process after each preview and update; this process
 * continues, so `endProcess` makes the providers forget these URNs.
 */
const seen = new Set<string>();

function endProcess(): void {
  for (const urn of seen) programOf(urn).see('load-balancers', urn, { properties: {}, olds: {}, secrets: [] });
}

export class SmallEngine {
  readonly #config: ReadonlyMap<string, string>;
  readonly #providers = new Map<string, Methods>();
  /**
   * The entries of the update in progress (`#done`) and those left of the state before it (`#base`). Pulumi writes both
   * into its state in this order.
   */
  #done: readonly Entry[] = [];
  #base: readonly Entry[] = [];
  #callsLeft = 0;
  #kill: Kill | undefined;

  constructor(endpoint: string, token: string) {
    this.#config = new Map([
      ['weir:endpoint', endpoint],
      ['weir:token', token],
    ]);
  }

  /** URN of each resource in the state. A replaced resource whose old object is not deleted yet appears twice. */
  get urns(): string[] {
    return this.#state.map(({ urn }) => urn);
  }

  /** Returns the outputs of each resource in the state. */
  get outputs(): Entry['outputs'][] {
    return this.#state.map(({ outputs }) => outputs);
  }

  get #state(): readonly Entry[] {
    return [...this.#done, ...this.#base];
  }

  /** Replaces the state by what the runtime has, like `pulumi refresh`. */
  async refresh(): Promise<void> {
    endProcess();
    const entries = this.#state.map(async (entry): Promise<Entry[]> => {
      const { id, props, inputs } = await this.#provider(entry).read(entry.id, entry.outputs);
      return id === '' ? [] : [{ ...entry, inputs: inputs ?? entry.inputs, outputs: props ?? entry.outputs }];
    });
    this.#base = (await Promise.all(entries)).flat();
    this.#done = [];
  }

  /** Runs a preview and an update. If the engine is killed on the way, the state stays as it is at that moment. */
  async up(program: ProgramResources, kill?: Kill): Promise<Ending> {
    endProcess();
    await this.#preview(program);
    endProcess();
    this.#base = this.#state;
    this.#done = [];
    this.#kill = kill;
    this.#callsLeft = kill?.call ?? 0;
    try {
      for (const resource of program) await this.#register(resource);
      await this.#deleteRest(new Set(program.map(urnOf)));
      return 'done';
    } catch (error) {
      if (error instanceof Killed) return error.ending;
      throw error;
    }
  }

  /** Previews the program. A resource that does not exist yet or will be replaced has an unknown id. */
  async #preview(program: ProgramResources): Promise<void> {
    const ids = new Map(this.#state.filter(({ isOld }) => !isOld).map(({ urn, id }) => [urn, id]));
    for (const resource of program) {
      const urn = urnOf(resource);
      const old = this.#find(urn);
      const references = withParents({ ...resource, properties: {} }, (parent) => parent);
      const inputs = await this.#check(resource, (parent) => ids.get(parent) ?? UNKNOWN, old, {
        forCheck: { references },
      });
      const { replaces } = old === undefined ? {} : await this.#provider(resource).diff(old.id, old.outputs, inputs);
      if ((replaces ?? []).length > 0) ids.delete(urn);
    }
  }

  async #register(resource: ProgramResource): Promise<void> {
    const provider = this.#provider(resource);
    const old = this.#find(urnOf(resource));
    const inputs = await this.#check(resource, (parent) => this.#find(parent)?.id, old);
    if (old === undefined) return this.#create(resource, inputs);
    // Without `changes`, the engine compares the inputs itself.
    const { changes = true, replaces = [] } = await provider.diff(old.id, old.outputs, inputs);
    if (replaces.length > 0) return this.#create(resource, inputs);
    const { outs } = changes
      ? await this.#call(() => provider.update(old.id, old.outputs, inputs))
      : { outs: old.outputs };
    this.#base = this.#base.filter((entry) => entry !== old);
    this.#done = [...this.#done, { ...old, inputs, outputs: outs }];
  }

  async #create(resource: ProgramResource, inputs: Readonly<Record<string, unknown>>): Promise<void> {
    const { id, outs } = await this.#call(() => this.#provider(resource).create(inputs), 'lost');
    const urn = urnOf(resource);
    this.#base = this.#base.map((entry) => (entry.urn === urn ? { ...entry, isOld: true } : entry));
    this.#done = [...this.#done, { urn, type: resource.type, id, inputs, outputs: outs, isOld: false }];
  }

  /** Deletes the remaining resources, each before the resources that it refers to. */
  async #deleteRest(wanted: ReadonlySet<string>): Promise<void> {
    const rest = this.#state.filter(({ urn, isOld }) => isOld || !wanted.has(urn));
    for (const entry of rest.toReversed()) {
      await this.#call(() => this.#provider(entry).delete(entry.id, entry.outputs), 'lost');
      this.#base = this.#base.filter((other) => other !== entry);
    }
  }

  async #check(
    resource: ProgramResource,
    idOf: (urn: string) => string | undefined,
    old: Entry | undefined,
    more = {},
  ) {
    const owner = urnOf(resource);
    seen.add(owner);
    const news = { ...withParents(resource, idOf), ...more, owner };
    const { inputs, failures = [] } = await this.#provider(resource).check(old?.inputs ?? {}, news);
    if (failures.length > 0) throw new Error(`check of ${resource.type} ${resource.name}: ${JSON.stringify(failures)}`);
    return inputs;
  }

  async #call<T>(call: () => Promise<T>, ifHeard: Ending = 'killed'): Promise<T> {
    const isLast = this.#kill !== undefined && this.#callsLeft-- === 0;
    if (isLast && !this.#kill?.isHeard) throw new Killed('killed');
    const result = await call();
    if (isLast) throw new Killed(ifHeard);
    return result;
  }

  #find(urn: string): Entry | undefined {
    return this.#state.find((entry) => entry.urn === urn && !entry.isOld);
  }

  #provider({ type }: { type: string }): Methods {
    const known = this.#providers.get(type);
    if (known !== undefined) return known;
    const made = methods(type, { get: (key) => this.#config.get(key) });
    this.#providers.set(type, made);
    return made;
  }
}
