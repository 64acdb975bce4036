// The package @pulumi/random, loaded only when a component needs it: other stacks do not pay for it.
import { createRequire } from 'node:module';
import type * as Random from '@pulumi/random';

/** Loads the package synchronously, because constructors cannot wait for an `import()`. */
export function random(): typeof Random {
  return createRequire(import.meta.url)('@pulumi/random');
}
