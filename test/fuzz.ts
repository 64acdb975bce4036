// `npm run fuzz -- [--minutes N] [--rounds N] [FILES]`: properties with new seeds, one file a round, with each
// counterexample kept.
import { parseArgs } from 'node:util';
import { fuzz } from './harness/properties/fuzz.ts';
import { EXAMPLES_FILE } from './harness/properties/properties.ts';

const DEFAULT_MINUTES = '5';
const MAX_MINUTES = 24 * 60;

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: DEFAULT_MINUTES }, rounds: { type: 'string', default: 'Infinity' } },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= MAX_MINUTES)) {
  console.error(`--minutes must be a number above 0 and at most ${MAX_MINUTES}`);
  process.exit(2);
}
const patterns = positionals.length > 0 ? positionals : ['test/**/*.test.ts'];
const found = await fuzz({ minutes, rounds: Number(values.rounds), patterns, say: (line) => console.log(line) });
console.log(
  found === 0
    ? 'no failure found'
    : `${found} failures found. npm test runs their counterexamples first: ${EXAMPLES_FILE}`,
);
process.exitCode = found === 0 ? 0 : 1;
