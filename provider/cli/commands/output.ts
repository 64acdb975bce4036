// What the commands write to a terminal, in which no name or response may move the cursor or hide other text.
import { inLines } from '../../model/base/one-line.ts';

/** Writes a result to standard output. */
export function print(text: string): void {
  process.stdout.write(inLines(text));
}

/** Writes a message for the user to standard error. */
export function tell(text: string): void {
  process.stderr.write(inLines(text));
}
