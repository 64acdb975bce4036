// The health of one target as a pure state machine, whose inputs are results of checks and connections.
import type { Health, HealthCheckSnapshot } from '../contract/snapshot.ts';

/** Number of consecutive failed connections that make a target unhealthy, with or without health checks. */
const PASSIVE_FAILURES = 3;

export interface HealthState {
  readonly health: Health;
  /** Numbers of consecutive passed checks, consecutive failed checks, and consecutive failed connections of clients. */
  readonly passes: number;
  readonly failures: number;
  readonly passiveFailures: number;
  /** True after the first passed check. Before, one passed check makes the target healthy, whatever the threshold. */
  readonly hasPassed: boolean;
  readonly lastError: string | undefined;
}

export function initialState(isChecked: boolean, known?: Health): HealthState {
  const health = isChecked ? (known ?? 'checking') : 'unchecked';
  const hasPassed = health === 'healthy' || health === 'unchecked';
  return { health, passes: 0, failures: 0, passiveFailures: 0, hasPassed, lastError: undefined };
}

/** State of a target whose server is ineligible for traffic. Connections do not change it, and no checks run. */
export function ineligibleState(reason: string): HealthState {
  return { ...initialState(true, 'ineligible'), lastError: reason };
}

export function checkPassed(
  state: HealthState,
  check: Pick<HealthCheckSnapshot, 'healthyThreshold' | 'protocol' | 'port'>,
): HealthState {
  const passes = state.passes + 1;
  const needed = state.hasPassed ? check.healthyThreshold : 1;
  const isHealthy = state.health === 'healthy' || passes >= needed;
  // A passed UDP check, or check of another port, does not end a series of failed connections to the target's port.
  const isConnection = check.port === undefined && check.protocol !== 'UDP';
  const isSeriesOver = isHealthy && (isConnection || state.health !== 'healthy');
  return {
    health: isHealthy ? 'healthy' : state.health,
    passes,
    failures: 0,
    passiveFailures: isSeriesOver ? 0 : state.passiveFailures,
    hasPassed: state.hasPassed || isHealthy,
    lastError: isHealthy ? undefined : state.lastError,
  };
}

export function checkFailed(
  state: HealthState,
  check: Pick<HealthCheckSnapshot, 'unhealthyThreshold'>,
  error: string,
): HealthState {
  const failures = state.failures + 1;
  const health = failures >= check.unhealthyThreshold ? 'unhealthy' : state.health;
  return { ...state, health, passes: 0, failures, lastError: error };
}

export function connectionFailed(state: HealthState, error: string): HealthState {
  if (state.health === 'ineligible') return state;
  const passiveFailures = state.passiveFailures + 1;
  const health = passiveFailures >= PASSIVE_FAILURES ? 'unhealthy' : state.health;
  const passes = health === state.health ? state.passes : 0;
  return { ...state, health, passes, passiveFailures, lastError: error };
}

export function connectionSucceeded(state: HealthState): HealthState {
  return state.passiveFailures === 0 ? state : { ...state, passiveFailures: 0 };
}

/** The state of a target without health checks that takes traffic again after failed connections made it unhealthy. */
export function retried(state: HealthState): HealthState {
  return { ...state, health: 'unchecked', passiveFailures: 0 };
}
