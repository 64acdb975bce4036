// Names and messages as a terminal or a table may show them: in one line, without what would move the cursor.

/** Control characters and line ends become their escapes. */
export function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
