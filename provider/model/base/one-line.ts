// Names and messages as they are shown: without characters that nobody sees, or that change what stands around them.

/**
 * Characters that are shown as escapes: control characters, line ends, characters that change the direction of the text
 * (Unicode Technical Report 36), characters without a shape, and spaces that are not the common one.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;
/** Texts in which no character has to be escaped, because they are the common ones. Tested first, because it is fast. */
const COMMON_LINE = /^[\x20-\x7e]*$/;
const COMMON_LINES = /^[\x20-\x7e\n]*$/;

/** Whether a text has a character that is shown as an escape. */
export function hasUnseen(text: string): boolean {
  return inOneLine(text) !== text;
}

/** A name or message in one line. Each unseen character becomes an escape such as `\u202e`. */
export function inOneLine(text: string): string {
  return COMMON_LINE.test(text) ? text : text.replace(UNSEEN, escaped);
}

/**
 * A text of several lines with its other unseen characters as escapes. In a JSON text and in a program, which have them
 * only in strings, the escapes mean the same characters.
 */
export function inLines(text: string): string {
  return COMMON_LINES.test(text) ? text : text.replace(UNSEEN, (found) => (found === '\n' ? found : escaped(found)));
}

/** A character as the escapes of its UTF-16 code units, of which JSON knows no others. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
