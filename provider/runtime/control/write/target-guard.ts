// The guard of a runtime, which refuses targets that lead back to the runtime or that its operator denies.
import { networkInterfaces } from 'node:os';
import { type Attachment, attachmentsOf } from '../../stored/attachments.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { ownEndpointWarnings, refuseOwnEndpoints } from './own-endpoints.ts';
import type { Surroundings } from './surroundings.ts';

/** Interval at which the addresses of this machine are read again, because they change while the runtime runs. */
const READ_MS = 1_000;

interface GuardOptions extends Pick<Surroundings, 'networks'> {
  /** The addresses of the API: none before it listens. */
  readonly api: () => Surroundings['api'];
}

export class TargetGuard {
  readonly #options: GuardOptions;
  #machine: readonly string[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Throws if a write makes the runtime connect to itself or to a denied address. `view`: the model after the write. */
  refuse(view: ModelView, next: StoredObject, before: StoredObject | undefined): void {
    refuseOwnEndpoints(view, next, before, this.#surroundings());
  }

  /** Warnings about bound targets that a write would be refused for, such as those of an older release. */
  warnings(view: ModelView, attachment: Attachment): string[] {
    return ownEndpointWarnings(view, attachment, this.#surroundings());
  }

  /** Every attachment that has such targets, with the warnings. */
  warned(view: ModelView): { id: string; warnings: string[] }[] {
    return [...attachmentsOf(view)]
      .map((attachment) => ({ id: attachment.id, warnings: this.warnings(view, attachment) }))
      .filter(({ warnings }) => warnings.length > 0);
  }

  #surroundings(): Surroundings {
    if (performance.now() - this.#readAtMs >= READ_MS) {
      this.#readAtMs = performance.now();
      this.#machine = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
    }
    return { machine: this.#machine, api: this.#options.api(), networks: this.#options.networks };
  }
}
