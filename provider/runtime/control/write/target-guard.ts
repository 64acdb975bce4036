// The guard of a runtime, which refuses targets that lead back to the runtime or that its operator denies.
import { Networks } from '../../../model/base/networks.ts';
import { machineAt } from '../../../model/rules/connections.ts';
import { attachmentsOf } from '../../stored/attachments.ts';
import type { Draft, Model, ModelView } from '../../stored/model.ts';
import type { Attachment, StoredObject } from '../../stored/object.ts';
import { machineAddresses } from './machine-addresses.ts';
import { ownEndpointWarnings, refuseOwnEndpoints } from './own-endpoints.ts';
import type { Surroundings } from './surroundings.ts';

/** Minimum interval at which the addresses of this machine are read again, because they change while the runtime runs. */
const READ_MS = 1_000;

/** The share of the time that reading them may take: a machine with many routes reads them less often. */
const READ_SHARE = 0.02;

interface GuardOptions extends Pick<Surroundings, 'networks'> {
  /** The addresses of the API: none before it listens. */
  readonly api: () => Surroundings['api'];
}

export class TargetGuard {
  readonly #options: GuardOptions;
  #machine = new Networks([]);
  #readAgainAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Throws if a write makes the runtime connect to itself or to a denied address, whatever objects the write changes.
   * `before`: the model before the write. `written`: the object that the caller writes, if any.
   */
  refuse(before: Model, draft: Draft, written: StoredObject | undefined): void {
    if (draft.version !== before.version) refuseOwnEndpoints(before, draft, written, this.#surroundings());
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

  /** The machine that connections to an address reach, as far as it can be known, as a text that is compared. */
  machineAt(address: string): string {
    return machineAt(address, this.#surroundings().machine);
  }

  #surroundings(): Surroundings {
    const startMs = performance.now();
    if (startMs >= this.#readAgainAtMs) {
      this.#machine = new Networks(machineAddresses());
      const endMs = performance.now();
      this.#readAgainAtMs = endMs + Math.max(READ_MS, (endMs - startMs) / READ_SHARE);
    }
    return { machine: this.#machine, api: this.#options.api(), networks: this.#options.networks };
  }
}
