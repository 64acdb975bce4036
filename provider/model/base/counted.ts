// Numbers of things in words.

/** A number of things in words, such as "1 object" or "2 objects". The thing is in the singular, such as "address". */
export function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : plural(what)}`;
}

function plural(what: string): string {
  return /(s|x|ch|sh)$/.test(what) ? `${what}es` : `${what}s`;
}
