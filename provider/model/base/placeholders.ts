// The placeholders in a redirect, which stand for parts of the request's URL.

export type PlaceholderValues = Readonly<Record<'host' | 'path' | 'query' | 'port', string>>;

export const PLACEHOLDERS: readonly string[] = ['{host}', '{path}', '{query}', '{port}'];

const PLACEHOLDER = /\{(host|path|query|port)\}/g;
/** Text in braces, or a single brace. */
const BRACES = /\{[^{}]*\}|[{}]/g;

/** The text with the values of its placeholders. */
export function filledIn(template: string, values: PlaceholderValues): string {
  return template.replace(PLACEHOLDER, (_, name: keyof PlaceholderValues) => values[name]);
}

/** The placeholders in a text, and braces that belong to none, in their order. */
export function bracesIn(template: string): readonly string[] {
  return template.match(BRACES) ?? [];
}
