// The limit for the tags in one response: many targets may have the same 64 long tags.
import type { Tags } from '../stored/tags.ts';

/** Maximum number of characters of tags in one response: room for 10 tags of 40 characters on each of 10,000 targets. */
const MAX_CHARACTERS = 4_000_000;

/** The room that one response has for tags. */
export class TagBudget {
  #left = MAX_CHARACTERS;
  /** Number of calls of `take` that found no room. */
  omitted = 0;

  /** Takes room for the tags. Returns false, and takes none, if there is not enough. */
  take(tags: Tags): boolean {
    const length = Object.entries(tags).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    const hasRoom = length <= this.#left;
    if (hasRoom) this.#left -= length;
    else this.omitted++;
    return hasRoom;
  }
}
