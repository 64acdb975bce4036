// Limits for the time to live of a lease, with which a server is a member of an auto scaling group.

export const MIN_TTL_SECONDS = 5;
export const MAX_TTL_SECONDS = 3_600;

export const TTL_FORM = `must be a whole number of seconds from ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS}`;
