// A resource as `check` sees it, among the other resources of its program.
import type { CanonicalForm } from '../properties/properties.ts';
import type { Program } from './program.ts';

/** A resource in its program. Any of its values may be unknown or malformed. */
export interface Checked {
  readonly program: Program;
  readonly owner: string;
  /** The previous inputs in canonical form. `undefined` for a new resource. */
  readonly olds: CanonicalForm | undefined;
  /** The inputs in canonical form. The URN of a new resource stands for its id while the id is not known. */
  readonly news: CanonicalForm;
}
