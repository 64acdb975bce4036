// A wrong date for one process, imported before its program: WEIR_TEST_CLOCK names a file with the milliseconds added.
import { readFileSync } from 'node:fs';

const READ_EVERY_MS = 20;
const RealDate = Date;
const file = process.env.WEIR_TEST_CLOCK ?? '';
let shiftMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

function now(): number {
  if (performance.now() - readAtMs >= READ_EVERY_MS) {
    readAtMs = performance.now();
    shiftMs = Number(readFileSync(file, 'utf8'));
  }
  return RealDate.now() + shiftMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: [], newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
