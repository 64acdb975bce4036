// Compilation of the models that a batch of writes tries, with the last result cached.
import { type Compiled, compile } from '../../compile/compile.ts';
import type { Model } from '../../stored/model.ts';

/** Compiles every model against the served model, so parts that have not changed since then stay identical objects. */
export class Compiler {
  readonly #served: { readonly model: Model; readonly compiled: Compiled };
  #last: { readonly model: Model; readonly compiled: Compiled };

  constructor(model: Model, compiled: Compiled) {
    this.#served = { model, compiled };
    this.#last = this.#served;
  }

  compile(model: Model): Compiled {
    if (model === this.#served.model) return this.#served.compiled;
    if (model !== this.#last.model) this.#last = { model, compiled: compile(model, this.#served.compiled) };
    return this.#last.compiled;
  }
}
