// Numbers the turns of a worker's event loop: what is read in the turn in which a request was written was there before it.

let iteration = 0;
let isCounted = false;

/** The turn under way. Asking has it counted, by one immediate a turn however many ask. */
export function currentIteration(): number {
  if (!isCounted) {
    isCounted = true;
    setImmediate(endIteration);
  }
  return iteration;
}

/** Of a number that currentTurn() has given. */
export function isUnderWay(asked: number): boolean {
  return asked === iteration;
}

function endIteration(): void {
  iteration++;
  isCounted = false;
}
