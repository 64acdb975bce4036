// Property paths as errors show them: targets.b1.weight, or targets["10.0.0.1:80"].weight.
import { inOneLine } from './one-line.ts';

export function propertyPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(String(part))) text += text === '' ? String(part) : `.${String(part)}`;
    else text += `[${inOneLine(JSON.stringify(String(part)))}]`;
  }
  return text;
}
