// Names in an exported program: resource names from ids, and variables and configuration keys from resource names.

/** The name of the resource that made the id: the id without the hash of eight digits at its end. */
export function nameOfId(id: string): string {
  return id.replace(/-[0-9a-f]{8}$/, '');
}

/**
 * The variable's name for a resource: `httpListener` from the name `http` and the noun `Listener`. The noun keeps the
 * name from being a reserved word, and keeps the variables of different kinds apart.
 */
export function variableName(name: string, noun: string): string {
  const camel = camelCase([name]);
  if (/^\d/.test(camel)) return camelCase([noun, name]);
  return camel.toLowerCase().endsWith(noun.toLowerCase()) ? camel : camelCase([name, noun]);
}

/** Joins texts to one name: `https`, `main` and `privateKey` become `httpsMainPrivateKey`. */
export function camelCase(parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.match(/[A-Za-z0-9]+/g) ?? []);
  return words
    .map((word, index) => (index === 0 ? lowerFirst(word) : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join('');
}

/** The first free name: the given one, else the given one with a number behind it. Adds the result to `taken`. */
export function unique(name: string, separator: string, taken: Set<string>): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number++) candidate = `${name}${separator}${number}`;
  taken.add(candidate);
  return candidate;
}

function lowerFirst(word: string): string {
  return /^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : `${word.charAt(0).toLowerCase()}${word.slice(1)}`;
}
