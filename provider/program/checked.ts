// A resource as `check` sees it among the others of its program.
import type { CanonicalForm } from '../properties/properties.ts';
import type { Program } from './program.ts';

/** A resource among the others of its program; any of it may be unknown or malformed. */
export interface Checked {
  readonly program: Program;
  readonly owner: string;
  /** The inputs before in canonical form. Returns `undefined` for a new resource. */
  readonly olds: CanonicalForm | undefined;
  /** The inputs in canonical form. Where the id of a new resource is not known yet, its URN stands for it. */
  readonly news: CanonicalForm;
}
