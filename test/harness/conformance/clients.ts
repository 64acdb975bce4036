// Backends by name and clients of many addresses, for the rows that need some of each.
import type { Backend } from '../backends/backends.ts';

/** One backend for each letter. */
export function backends(make: (name: string) => Promise<Backend>, names: string): Promise<Backend[]> {
  return Promise.all([...names].map((name) => make(name)));
}

/** Clients of their own addresses, all of which Linux has on the loopback interface. */
export function clientAddressOf(client: number): string {
  return `127.1.${client >> 8}.${client & 255}`;
}

/** `ask` for 0..count-1, at most `width` at once; the responses in that order. */
export async function oneByOne<T>(count: number, width: number, ask: (index: number) => Promise<T>): Promise<T[]> {
  const responses: T[] = [];
  while (responses.length < count) {
    const next = Array.from({ length: Math.min(width, count - responses.length) }, (_, k) => ask(responses.length + k));
    responses.push(...(await Promise.all(next)));
  }
  return responses;
}

/** Of 100 picks, which several workers may have shared. */
export function near(got: number, due: number): boolean {
  return Math.abs(got - due) <= 3;
}
