// Lines from the providers to the user, which `pulumi preview` and `pulumi up` show among the diagnostics.
import { inOneLine } from '../model/base/one-line.ts';

/**
 * Shows a line to the user. The first line that a plug-in writes to standard output is its port; the engine shows all
 * later lines.
 */
export function report(line: string): void {
  process.stdout.write(`${inOneLine(line)}\n`);
}
