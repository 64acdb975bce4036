// Lines from the providers to the user, which `pulumi preview` and `pulumi up` show among the diagnostics.
import { inOneLine } from '../model/base/one-line.ts';

/**
 * Shows a line to the user. The first line that a plug-in writes to standard output is its port; the engine shows all
 * later lines.
 */
export function report(line: string): void {
  process.stdout.write(`${inOneLine(line)}\n`);
}

const reported = new Set<string>();

/**
 * Shows a warning to the user, unless it was shown already: one operation may find it in the program, in the runtime's
 * object and in the response to its write. A provider's process lives for one preview or one update.
 */
export function reportOnce(line: string): void {
  if (!reported.has(line)) report(line);
  reported.add(line);
}
