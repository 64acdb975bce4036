// Names for what an exported program declares: of resources by their ids, of variables and configuration by those.

/** The id as the provider makes it ends with a hash of eight digits. */
export function nameOfId(id: string): string {
  return id.replace(/-[0-9a-f]{8}$/, '');
}

/**
 * `httpListener` of `http` and `Listener`. Because each variable says what it is, none is a reserved word, and those of
 * different kinds do not meet.
 */
export function variableName(name: string, noun: string): string {
  const camel = camelCase([name]);
  if (/^\d/.test(camel)) return camelCase([noun, name]);
  return camel.toLowerCase().endsWith(noun.toLowerCase()) ? camel : camelCase([name, noun]);
}

/** `httpsMainPrivateKey` of `https`, `main` and `privateKey`. */
export function camelCase(parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.match(/[A-Za-z0-9]+/g) ?? []);
  return words
    .map((word, index) => (index === 0 ? lowerFirst(word) : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join('');
}

/** The name, with a number behind it where it is taken; it is taken then. */
export function unique(name: string, separator: string, taken: Set<string>): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number++) candidate = `${name}${separator}${number}`;
  taken.add(candidate);
  return candidate;
}

function lowerFirst(word: string): string {
  return /^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : `${word.charAt(0).toLowerCase()}${word.slice(1)}`;
}
