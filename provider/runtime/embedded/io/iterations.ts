// Numbers of event-loop iterations, which tell data that came before a request was written from data that came after it.

let iteration = 0;
let isCounted = false;

/** Returns the number of the present event-loop iteration. All calls in one iteration share one immediate. */
export function currentIteration(): number {
  if (!isCounted) {
    isCounted = true;
    setImmediate(endIteration);
  }
  return iteration;
}

/** Returns true if the iteration that `currentIteration` numbered is still the present one. */
export function isCurrentIteration(number: number): boolean {
  return number === iteration;
}

function endIteration(): void {
  iteration++;
  isCounted = false;
}
