// The state of a listener in the status beside its targets: its certificates, and what its operator should know.
import type { StatusResponse } from '../../model/api/status.ts';
import { notAfterMs } from '../../model/base/validity.ts';
import { certificateFaults, faultTexts } from '../../model/objects/certificate-faults.ts';
import { type ListenerProperties, orderedCertificates } from '../../model/objects/listener.ts';
import type { TargetGroupSnapshot } from '../contract/snapshot.ts';
import { idleWarning } from '../control/health/idle-targets.ts';
import type { RunningState } from '../control/health/running-state.ts';

type ListenerStatus = StatusResponse['listeners'][number];

/** `properties` are `undefined` if the caller may not read the listener. `seen`: the target groups that it may see. */
export function listenerWarnings(
  properties: ListenerProperties | undefined,
  seen: readonly TargetGroupSnapshot[],
  running: RunningState,
  nowMs: number,
): Pick<ListenerStatus, 'certificates' | 'warnings'> {
  const { certificates } = properties ?? {};
  const idle = seen.flatMap((targetGroup) => {
    const text = idleWarning(targetGroup, running, false);
    return text === undefined ? [] : [targetGroup.ruleId === undefined ? text : `rule ${targetGroup.ruleId}: ${text}`];
  });
  const warnings = [...idle, ...faultTexts(certificateFaults(certificates, nowMs))];
  return {
    certificates:
      certificates &&
      certificateEnds(certificates).map(({ name, endMs }) => ({ name, notAfter: new Date(endMs).toISOString() })),
    warnings: warnings.length > 0 ? warnings : undefined,
  };
}

/** The certificates of a listener in their order, each with its end in milliseconds since 1970. */
export function certificateEnds(certificates: NonNullable<ListenerProperties['certificates']>) {
  return orderedCertificates(certificates).flatMap(({ name }) => {
    const entry = certificates[name];
    const endMs = entry && notAfterMs(entry);
    return endMs === undefined ? [] : [{ name, endMs }];
  });
}
