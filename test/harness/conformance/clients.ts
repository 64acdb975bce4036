// Backends by name, and clients with many source addresses, for conformance scenarios.
import type { Backend } from '../backends/backends.ts';

/** Makes one backend for each letter of `names`. */
export function backends(make: (name: string) => Promise<Backend>, names: string): Promise<Backend[]> {
  return Promise.all([...names].map((name) => make(name)));
}

/**
 * Returns a loopback address of its own for each client number. Linux has all of 127.0.0.0/8 on the loopback interface.
 */
export function clientAddressOf(client: number): string {
  return `127.1.${client >> 8}.${client & 255}`;
}

/**
 * Calls `ask` for the indexes 0 to `count` - 1, at most `width` at once. Returns the responses in the order of the
 * indexes.
 */
export async function oneByOne<T>(count: number, width: number, ask: (index: number) => Promise<T>): Promise<T[]> {
  const responses: T[] = [];
  while (responses.length < count) {
    const next = Array.from({ length: Math.min(width, count - responses.length) }, (_, k) => ask(responses.length + k));
    responses.push(...(await Promise.all(next)));
  }
  return responses;
}

/**
 * Tells whether a count of about 100 picks is within 3 of the expected one. Several workers may have shared the picks.
 */
export function near(got: number, due: number): boolean {
  return Math.abs(got - due) <= 3;
}
