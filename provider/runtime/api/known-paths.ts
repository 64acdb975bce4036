// Paths of the API with their methods, to tell an unknown path from a method that the path does not have.
import type { FastifyInstance } from 'fastify';
import { WeirError } from '../../model/base/errors.ts';

export class KnownPaths {
  readonly #methods = new Map<string, Set<string>>();
  readonly #open = new Set<string>();

  /** Records every registered route, so an instance must be constructed before routes are registered. */
  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method, config }) => {
      if (config?.access === 'open') this.#open.add(url);
      const methods = this.#methods.get(url) ?? new Set();
      for (const one of [method].flat()) methods.add(one);
      this.#methods.set(url, methods);
    });
  }

  /** Whether requests for the path need no token, whatever their method. */
  isOpen(path: string): boolean {
    return this.#open.has(path);
  }

  /** The value of the Allow header for a path. Returns `undefined` if there is no such path. */
  allow(path: string): string | undefined {
    const segments = path.split('/');
    const methods = [...this.#methods]
      .filter(([url]) => matches(url.split('/'), segments))
      .flatMap(([, all]) => [...all]);
    return methods.length === 0 ? undefined : methods.sort().join(', ');
  }
}

/**
 * The error of a request for an unknown route or method. Its code is never `NotFound`: a client would believe that an
 * object was deleted, although an older runtime only lacks the routes of the object's kind.
 */
export function routeFault(method: string, path: string, allow: string | undefined): WeirError {
  return allow === undefined
    ? new WeirError('UnknownRoute', `This runtime has no route ${method} ${path}: GET /openapi.json lists them.`)
    : new WeirError('MethodNotAllowed', `${path} does not support ${method}: use ${allow}.`);
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}
