// Whether a command printed what a document shows: `...` stands for any text, and alone on a line for any lines.

/** Returns `undefined` if it did, else a description of the first line of the document that was not printed. */
export function misprint(shown: string, printed: string): string | undefined {
  const wanted = lines(shown);
  const got = lines(printed);
  // How many lines of the document match a beginning of the output that ends before the line `place`.
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
  return missing === undefined ? 'more was printed than is shown' : `not printed: ${missing}`;
}

/** Indentation is layout of the document, and trailing spaces are layout of the program. */
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
