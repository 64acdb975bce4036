// JSON texts from outside, which may be malformed.

/** The value of a JSON text. Returns `undefined` if the text is not JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
