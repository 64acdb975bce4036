// The names of the warnings of a plan, by which `--fail-on` selects them.

export const WARNING_RULES = [
  'no-target',
  'over-half',
  'replacement',
  'open-order',
  'deletion',
  'bound-elsewhere',
  'invalid-certificate',
  'expiring-certificate',
] as const;

/** The name that selects every warning. */
export const ANY_WARNING = 'warning';
