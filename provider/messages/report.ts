// Lines from the providers to the user, which `pulumi preview` and `pulumi up` show among the diagnostics.
import { inOneLine } from '../model/base/one-line.ts';

/**
 * Shows a line to the user. The engine shows what a plug-in writes to standard output, after the port on its first
 * line.
 */
export function report(line: string): void {
  process.stdout.write(`${inOneLine(line)}\n`);
}
