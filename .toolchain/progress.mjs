// Progress of the set-up on standard error: each step, a sign that it still runs, and how long it took.

const STILL_AT_IT_MS = 10_000;
const SPINNER_MS = 200;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** An expected failure. Only its message is shown, without a stack trace. */
export class SetupError extends Error {}

/**
 * Writes one line to standard error.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`weir: ${line}\n`);
}

/**
 * A duration as text, such as "2.5 s" or "3 min 20 s".
 * @param {number} ms
 */
function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/**
 * Runs one step. A terminal shows a spinner; elsewhere (CI, a pipe), a new line every ten seconds shows that the step
 * still runs.
 * @template T
 * @param {string} title
 * @param {(update: (detail: string) => void) => Promise<T>} work `update` sets what is shown behind the title
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = performance.now();
  const elapsed = () => duration(performance.now() - start);
  let detail = '';
  let frame = 0;
  let beat;
  if (process.stderr.isTTY) {
    beat = setInterval(() => {
      const line = `${FRAMES[frame++ % FRAMES.length]} ${title} ${elapsed()} ${detail}`;
      process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    }, SPINNER_MS);
  } else {
    say(`${title} ...`);
    beat = setInterval(() => say(`${title} ... ${elapsed()}${detail && `, ${detail}`}`), STILL_AT_IT_MS);
  }
  const finish = (/** @type {string} */ outcome) => {
    clearInterval(beat);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
    say(`${title}: ${outcome} after ${elapsed()}`);
  };
  try {
    const result = await work((text) => {
      detail = text;
    });
    finish('done');
    return result;
  } catch (error) {
    finish('failed');
    throw error;
  }
}
