// A stand-in for the provider of @pulumi/random, with the few resources and properties that Weir and its examples use.
// As with the official provider, each value is made once, and made anew only if an input changes. Anything else is
// refused.

import { isDeepStrictEqual } from 'node:util';
import { characters, identifier, petName, shuffled } from './values.mjs';

/**
 * Types of the stand-in: the properties of a resource, and the description of a kind of resource.
 * @typedef {Record<string, any>} Properties
 * @typedef {{ inputs: string[], defaults: Properties, make: (inputs: Properties) => { id: string, outs: Properties } }}
 * Kind
 */

const CHARACTER_DEFAULTS = { lower: true, upper: true, numeric: true, special: true };
const CHARACTER_INPUTS = ['length', 'lower', 'upper', 'numeric', 'special', 'overrideSpecial', 'keepers'];

/**
 * The kinds of resources by resource type.
 * @type {Record<string, Kind>}
 */
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

/**
 * Returns the resource type in the URN.
 * @param {string} urn
 */
function typeOf(urn) {
  return urn.split('::')[2]?.split('$').at(-1) ?? '';
}

/**
 * Returns the description of the URN's resource type. Throws if the stand-in does not know the type.
 * @param {string} urn
 */
function kindOf(urn) {
  const kind = KINDS[typeOf(urn)];
  if (!kind)
    throw new Error(`Weir's stand-in for the random plugin has no ${typeOf(urn)}: install the official plugin`);
  return kind;
}

export const provider = {
  // The version is higher than that of the npm package, because Pulumi warns about an older plug-in.
  version: '999.0.0+stand-in',

  /**
   * Adds the defaults to the inputs, and reports each input that this stand-in for the
   * official random provider does not have.
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
   * Tells Pulumi that each changed input replaces the resource.
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
   * Makes the values of a new resource.
   * @param {string} urn
   * @param {Properties} inputs
   */
  async create(urn, inputs) {
    const { id, outs } = kindOf(urn).make(inputs);
    return { id, outs: { ...inputs, ...outs } };
  },
};
