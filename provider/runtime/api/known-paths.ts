// Which methods each path of the API has: tells a method that a path does not have from a path that is not there.
import type { FastifyInstance } from 'fastify';
import { WeirError } from '../../model/base/errors.ts';

export class KnownPaths {
  readonly #methods = new Map<string, Set<string>>();
  readonly #open = new Set<string>();

  /** To be called before the routes are registered. */
  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method, config }) => {
      if (config?.access === 'open') this.#open.add(url);
      const methods = this.#methods.get(url) ?? new Set();
      for (const one of [method].flat()) methods.add(one);
      this.#methods.set(url, methods);
    });
  }

  /** No token is asked for, whatever the method. */
  isOpen(path: string): boolean {
    return this.#open.has(path);
  }

  /** The methods of `path`, as the header Allow has them; undefined: there is no such path. */
  allow(path: string): string | undefined {
    const segments = path.split('/');
    const methods = [...this.#methods]
      .filter(([url]) => matches(url.split('/'), segments))
      .flatMap(([, all]) => [...all]);
    return methods.length === 0 ? undefined : methods.sort().join(', ');
  }
}

/** Never NotFound, which means an object: an older runtime would have what it does not know taken for gone. */
export function routeFault(method: string, path: string, allow: string | undefined): WeirError {
  return allow === undefined
    ? new WeirError('UnknownRoute', `This runtime has no route ${method} ${path}.`)
    : new WeirError('MethodNotAllowed', `${path} has no ${method}: it has ${allow}.`);
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}
