// Comparison of a command's output with the output that a document shows.

/**
 * Compares the output of a command with the output in a document. There, `...` within a line stands for any text, and a
 * line `...` for any number of lines. Returns `undefined` if the two match, otherwise a description of the difference.
 */
export function misprint(shown: string, printed: string): string | undefined {
  const wanted = lines(shown);
  const got = lines(printed);
  // Index of the last line of the document that an attempt has reached. The error names this line.
  let furthest = 0;
  const seen = new Set<string>();
  const matches = (next: number, place: number): boolean => {
    const key = `${next} ${place}`;
    if (seen.has(key)) return false;
    seen.add(key);
    furthest = Math.max(furthest, next);
    const line = wanted[next];
    if (line === undefined) return place === got.length;
    if (line === '...') return matches(next + 1, place) || (place < got.length && matches(next, place + 1));
    const given = got[place];
    return given !== undefined && pattern(line).test(given) && matches(next + 1, place + 1);
  };
  if (matches(0, 0)) return undefined;
  const missing = wanted[furthest];
  return missing === undefined
    ? 'the command printed more than the document shows'
    : `the command did not print: ${missing}`;
}

/**
 * Splits a text into trimmed lines, without empty ones. Documents may indent output differently, and programs may print
 * trailing spaces.
 */
function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function pattern(line: string): RegExp {
  const parts = line.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
  return new RegExp(`^${parts.join('.*')}$`);
}
