// Patterns with `*` and `?`, and which texts they match.

/** `*` is any text, `?` one character. Never slower than the one length times the other, whatever the pattern. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resumeAt = 0;
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resumeAt = index;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at++;
      index++;
    } else if (star !== -1) {
      // The last star takes one character more.
      at = star + 1;
      index = ++resumeAt;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
