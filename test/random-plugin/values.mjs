// The random values of the stand-in for @pulumi/random, in the forms that the official plugin gives them.

import { createHash, randomBytes, randomInt } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const SPECIAL = '!@#$%&*()-_=+[]{}<>:?';
const ADJECTIVES = ['brave', 'calm', 'eager', 'gentle', 'keen', 'lucky', 'proud', 'quick', 'sunny', 'wise'];
const ANIMALS = ['badger', 'crane', 'falcon', 'heron', 'lynx', 'marten', 'otter', 'robin', 'stoat', 'wren'];

/**
 * Returns a random id in every encoding that a RandomId of `@pulumi/random` has as an output.
 * @param {number} byteLength
 * @param {string} [prefix] prefix of every encoding except the output `id`
 */
export function identifier(byteLength, prefix = '') {
  const bytes = randomBytes(byteLength);
  const hex = bytes.toString('hex');
  const id = bytes.toString('base64url');
  const outs = { b64Url: id, b64Std: bytes.toString('base64'), hex, dec: BigInt(`0x${hex}`).toString() };
  return { id, outs: Object.fromEntries(Object.entries(outs).map(([name, value]) => [name, prefix + value])) };
}

/**
 * Returns random characters from the alphabet that the inputs of a RandomString or RandomPassword select.
 * @param {Record<string, any>} inputs
 */
export function characters({ length, lower, upper, numeric, special, overrideSpecial }) {
  const alphabet = [
    lower && LETTERS,
    upper && LETTERS.toUpperCase(),
    numeric && DIGITS,
    special && (overrideSpecial || SPECIAL),
  ]
    .filter(Boolean)
    .join('');
  return Array.from({ length }, () => pick(alphabet)).join('');
}

/**
 * Returns the first `count` elements of a random permutation, which is the same for the same seed. A second permutation
 * follows if there are too few inputs.
 * @param {string[]} inputs
 * @param {number} [count]
 * @param {string} [seed]
 */
export function shuffled(inputs, count = inputs.length, seed = randomBytes(16).toString('hex')) {
  /**
   * The permutations so far, one after the other.
   * @type {string[]}
   */
  const results = [];
  for (let round = 0; results.length < count && inputs.length > 0; round++) {
    /**
     * Returns the sort key of an input, a hash of its place in the list.
     * @param {number} place
     */
    const rank = (place) => createHash('sha256').update(`${seed} ${round} ${place}`).digest('hex');
    const ranked = inputs.map((value, place) => ({ value, rank: rank(place) }));
    ranked.sort((one, other) => (one.rank < other.rank ? -1 : 1));
    results.push(...ranked.map(({ value }) => value));
  }
  return results.slice(0, count);
}

/**
 * Returns a name of `length` random words, after the prefix if there is one.
 * @param {number} length
 * @param {string | undefined} prefix
 * @param {string} separator
 */
export function petName(length, prefix, separator) {
  const words = [...Array.from({ length: length - 1 }, () => pick(ADJECTIVES)), pick(ANIMALS)];
  return (prefix ? [prefix, ...words] : words).join(separator);
}

/**
 * Returns one of the choices at random.
 * @param {string | string[]} choices
 */
function pick(choices) {
  return choices[randomInt(choices.length)];
}
