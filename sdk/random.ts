// @pulumi/random, which is loaded with the first resource of it: a stack without components never loads it.
import { createRequire } from 'node:module';
import type * as Random from '@pulumi/random';

/** At once, since constructors cannot wait for an `import()`. */
export function random(): typeof Random {
  return createRequire(import.meta.url)('@pulumi/random');
}
