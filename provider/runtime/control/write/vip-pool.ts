// The pool of virtual IP addresses for load balancers without a configured address.
import { isIPv4 } from 'node:net';
import { hostNameAdvice } from '../../../model/base/address-advice.ts';

export class VipPool {
  readonly #first: number;
  readonly #last: number;
  readonly #cidr: string;

  /** `cidr`: an IPv4 block such as "127.77.0.0/16". The first and the last address of the block are not used. */
  constructor(cidr: string) {
    const [address = '', bits = '', ...rest] = cidr.split('/');
    const prefix = Number(bits);
    if (!isIPv4(address) || rest.length > 0 || !/^\d+$/.test(bits) || prefix < 8 || prefix > 30) {
      throw new Error(
        `the VIP pool ${JSON.stringify(cidr)} is not an IPv4 block such as 127.77.0.0/16 (prefix 8 to 30)${hostNameAdvice(cidr)}`,
      );
    }
    const size = 2 ** (32 - prefix);
    const network = Math.floor(toNumber(address) / size) * size;
    this.#first = network + 1;
    this.#last = network + size - 2;
    this.#cidr = cidr;
  }

  /** The lowest address of the pool that is not taken. Returns `undefined` if every address is taken. */
  next(taken: ReadonlySet<string>): string | undefined {
    for (let candidate = this.#first; candidate <= this.#last; candidate++) {
      const address = toAddress(candidate);
      if (!taken.has(address)) return address;
    }
    return undefined;
  }

  toString(): string {
    return this.#cidr;
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
