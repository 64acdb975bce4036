// Options that every command with a runtime has.
import { Option } from 'commander';

/** The values of the options that say how the runtime is reached. */
export interface Reach {
  readonly ca?: string;
}

export function caOption(): Option {
  return new Option('--ca <file>', "PEM file of the authority that signed the runtime's certificate (or WEIR_CA)");
}
