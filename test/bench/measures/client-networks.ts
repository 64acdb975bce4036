// Time to find a client's address among 10, 1,000 and 10,000 networks, as in the lists `allow` and `deny`.
import { Networks } from '../../../provider/model/base/networks.ts';
import { growthBySize, timeOf } from './growth.ts';
import type { Measure } from './measure.ts';

const SEARCHES = 100_000;
const SHORTEST = 17;
const LENGTHS = 16;
const ADDRESSES = Array.from({ length: 4096 }, (_, i) => `10.${i % 256}.${(i * 7) % 256}.${(i * 13) % 256}`);

export const measureClientNetworks: Measure = async (context) => {
  return { 'client-networks': await growthBySize(context, searchIn) };
};

/** Networks with every prefix length from 17 to 32. */
function searchIn(size: number): () => number {
  const list = Array.from({ length: size }, (_, i) => `10.${(i >> 8) % 256}.${i % 256}.0/${SHORTEST + (i % LENGTHS)}`);
  const networks = new Networks(list);
  return () => timeOf(SEARCHES, (i) => networks.find(ADDRESSES[i % ADDRESSES.length] ?? ''));
}
