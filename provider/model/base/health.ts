// The states of a target's health.

/** Targets that are `healthy` or `unchecked` take new traffic. Targets in the other states do not. */
export const HEALTH_STATES = ['healthy', 'unhealthy', 'checking', 'unchecked', 'ineligible'] as const;

export type Health = (typeof HEALTH_STATES)[number];
