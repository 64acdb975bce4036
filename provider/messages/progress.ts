// Lines about how far a write is that the runtime lets wait.
import { report } from './report.ts';

/** The shortest time between two lines of one write. */
const BETWEEN_MS = 5_000;

/** Returns a function that shows a text with the name of the resource, and leaves out texts that follow too soon. */
export function progressLines(name: string): (text: string) => void {
  let nextMs = 0;
  return (text) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + BETWEEN_MS;
    report(`${name}: ${text}`);
  };
}
