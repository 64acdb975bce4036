// The names of the states in which a target's health can be.

/** `healthy` and `unchecked` take new traffic, the others do not. */
export const HEALTH_STATES = ['healthy', 'unhealthy', 'checking', 'unchecked', 'ineligible'] as const;

export type Health = (typeof HEALTH_STATES)[number];
