// The provider of the stand-in for @pulumi/random: a few of its resources, with the properties that Weir and its examples
// use. As in the official one each value is made once, and anew where an input changes; all else is refused.

import { isDeepStrictEqual } from 'node:util';
import { characters, identifier, petName, shuffled } from './values.mjs';

/**
 * @typedef {Record<string, any>} Properties
 * @typedef {{ inputs: string[], defaults: Properties, make: (inputs: Properties) => { id: string, outs: Properties } }} Kind
 */

const CHARACTER_DEFAULTS = { lower: true, upper: true, numeric: true, special: true };
const CHARACTER_INPUTS = ['length', 'lower', 'upper', 'numeric', 'special', 'overrideSpecial', 'keepers'];

/** @type {Record<string, Kind>} */
const KINDS = {
  'random:index/randomId:RandomId': {
    inputs: ['byteLength', 'prefix', 'keepers'],
    defaults: {},
    make: ({ byteLength, prefix }) => identifier(byteLength, prefix),
  },
  'random:index/randomPassword:RandomPassword': {
    inputs: CHARACTER_INPUTS,
    defaults: CHARACTER_DEFAULTS,
    make: (inputs) => ({ id: 'none', outs: { result: characters(inputs) } }),
  },
  'random:index/randomString:RandomString': {
    inputs: CHARACTER_INPUTS,
    defaults: CHARACTER_DEFAULTS,
    make: (inputs) => {
      const result = characters(inputs);
      return { id: result, outs: { result } };
    },
  },
  'random:index/randomShuffle:RandomShuffle': {
    inputs: ['inputs', 'resultCount', 'seed', 'keepers'],
    defaults: {},
    make: ({ inputs, resultCount, seed }) => ({ id: '-', outs: { results: shuffled(inputs, resultCount, seed) } }),
  },
  'random:index/randomPet:RandomPet': {
    inputs: ['length', 'prefix', 'separator', 'keepers'],
    defaults: { length: 2, separator: '-' },
    make: ({ length, prefix, separator }) => ({ id: petName(length, prefix, separator), outs: {} }),
  },
};

/** @param {string} urn */
function typeOf(urn) {
  return urn.split('::')[2]?.split('$').at(-1) ?? '';
}

/** @param {string} urn */
function kindOf(urn) {
  const kind = KINDS[typeOf(urn)];
  if (!kind)
    throw new Error(`Weir's stand-in for the random plugin has no ${typeOf(urn)}: install the official plugin`);
  return kind;
}

export const provider = {
  // Pulumi warns of one that is older than the npm package.
  version: '999.0.0+stand-in',

  /**
   * @param {string} urn
   * @param {Properties} _olds
   * @param {Properties} news
   */
  async check(urn, _olds, news) {
    const { inputs, defaults } = kindOf(urn);
    const failures = Object.keys(news)
      .filter((name) => !inputs.includes(name))
      .map((property) => ({ property, reason: "Weir's stand-in for the random plugin does not know it" }));
    return { inputs: { ...defaults, ...news }, failures };
  },

  /**
   * @param {string} _id
   * @param {string} urn
   * @param {Properties} olds
   * @param {Properties} news
   */
  async diff(_id, urn, olds, news) {
    const replaces = kindOf(urn).inputs.filter((name) => !isDeepStrictEqual(olds[name], news[name]));
    return { changes: replaces.length > 0, replaces };
  },

  /**
   * @param {string} urn
   * @param {Properties} inputs
   */
  async create(urn, inputs) {
    const { id, outs } = kindOf(urn).make(inputs);
    return { id, outs: { ...inputs, ...outs } };
  },
};
