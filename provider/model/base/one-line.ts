// Names and messages in one line, for terminals and tables.

/** A text with its control characters and line ends escaped, because those would move the cursor. */
export function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
