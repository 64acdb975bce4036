// Property paths as errors show them: targets.b1.weight, or targets["10.0.0.1:80"].weight.
import { inOneLine } from './one-line.ts';

/** Maximum length of a part that is shown: a caller chooses the names of a map. */
const MAX_PART = 1_000;

export function propertyPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    const name = String(part).slice(0, MAX_PART);
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(name)) text += text === '' ? name : `.${name}`;
    else text += `[${inOneLine(JSON.stringify(name))}]`;
  }
  return text;
}
