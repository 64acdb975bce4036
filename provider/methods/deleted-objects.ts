// The objects that one command has deleted, so that the refusal of a later deletion can say what went already.
import { type ErrorCode, isWeirError, reworded } from '../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../model/base/kinds.ts';
import { keyOf } from '../model/base/object-key.ts';
import { referencesOf } from '../model/base/references.ts';
import { resourceName } from '../model/base/urn.ts';
import type { State } from '../properties/properties.ts';

/** Limit for the names in one message. */
const MAX_NAMES = 10;

/** Errors by which the runtime refuses a deletion. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['InUse', 'OperationFailed.ActionNotSupport', 'Forbidden']);

interface Deletion {
  readonly key: string;
  readonly name: string;
  /** The keys of the objects to which the deleted object referred. */
  readonly uses: readonly string[];
}

export class DeletedObjects {
  /** The deletions in their order: an object is deleted after those that refer to it. */
  readonly #all: Deletion[] = [];

  /**
   * Deletes an object by `act`. The engine deletes attachments before their load balancer, so that they are gone when
   * the deletion of the load balancer is refused: the error then names them.
   */
  async run(kind: Kind, id: string, state: State, act: () => Promise<void>): Promise<void> {
    const key = keyOf(kind, id);
    try {
      await act();
    } catch (error) {
      throw this.#withNames(error, key);
    }
    const uses = referencesOf(kind, state).map((reference) => keyOf(reference.kind, reference.id));
    this.#all.push({ key, name: `${KIND_NAMES[kind]} ${resourceName(state) || id}`, uses });
  }

  #withNames(error: unknown, key: string): unknown {
    if (!isWeirError(error) || !REFUSALS.has(error.code)) return error;
    const names = this.#usersOf(key);
    if (names.length === 0) return error;
    const left = names.length - MAX_NAMES;
    const shown = names.slice(0, MAX_NAMES).join(', ') + (left > 0 ? ` and ${left} more` : '');
    const message =
      `${error.message} This command has already deleted what this stack had there: ${shown}. \`pulumi up\` makes ` +
      `again what the program still has of that, and Pulumi's option protect on it would have kept it.`;
    return reworded(error, message);
  }

  /** The names of the deleted objects that referred to an object, also by way of other deleted objects. */
  #usersOf(key: string): string[] {
    const keys = new Set([key]);
    const users = this.#all.toReversed().filter(({ key: own, uses }) => {
      const isUser = uses.some((used) => keys.has(used));
      if (isUser) keys.add(own);
      return isUser;
    });
    return users.map(({ name }) => name).toReversed();
  }
}
