// The check for certificates that OpenSSL refuses. Usable certificates are remembered and not checked again.
import type { Refusal } from '../../contract/engine.ts';
import type { CertificateSnapshot, ListenerSnapshot, Snapshot } from '../../contract/snapshot.ts';
import { certificateProblem } from './contexts.ts';

export class CertificateCheck {
  readonly #usable = new WeakSet<readonly CertificateSnapshot[]>();

  /**
   * Returns a refusal for each listener with unusable certificates. Waiting listeners are checked too: when such a
   * listener begins to serve, it is too late to refuse the write that brought it.
   */
  refusals({ listeners, waiting }: Snapshot): Map<ListenerSnapshot, Refusal> {
    const refused = new Map<ListenerSnapshot, Refusal>();
    for (const listener of [...listeners.values(), ...waiting.values()]) {
      const { id: listenerId, certificates } = listener;
      if (this.#usable.has(certificates)) continue;
      const problem = certificateProblem(certificates);
      if (problem === undefined) this.#usable.add(certificates);
      else refused.set(listener, { listenerId, code: 'InvalidParameter', problem });
    }
    return refused;
  }
}
