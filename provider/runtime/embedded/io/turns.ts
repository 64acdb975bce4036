// Numbers the turns of a worker's event loop: what is read in the turn in which a request was written was there before it.

let turn = 0;
let isCounted = false;

/** The turn under way. Asking has it counted, by one immediate a turn however many ask. */
export function currentTurn(): number {
  if (!isCounted) {
    isCounted = true;
    setImmediate(endTurn);
  }
  return turn;
}

/** Of a number that currentTurn() has given. */
export function isUnderWay(asked: number): boolean {
  return asked === turn;
}

function endTurn(): void {
  turn++;
  isCounted = false;
}
