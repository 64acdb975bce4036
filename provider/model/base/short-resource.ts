// Resources that a runtime may be short of when it connects to targets.

export const SHORT_RESOURCES = ['descriptors', 'ports', 'memory'] as const;

export type ShortResource = (typeof SHORT_RESOURCES)[number];
