// Shortages of this machine or process, which say nothing about the target that was to be reached.
import type { ShortResource } from '../../model/base/short-resource.ts';

export interface Shortage {
  readonly resource: ShortResource;
  /** The error of the system call, or what waits because of the shortage. */
  readonly message: string;
}

const RESOURCES: Readonly<Record<string, ShortResource>> = {
  EMFILE: 'descriptors',
  ENFILE: 'descriptors',
  EADDRNOTAVAIL: 'ports',
  // The runtime never chooses a local port for a connection to a target, so no other socket can have that port.
  EADDRINUSE: 'ports',
  ENOBUFS: 'memory',
  ENOMEM: 'memory',
};

/** The shortage because of which a connection to a target, or a datagram to it, has failed. */
export function shortageOf(error: Error): Shortage | undefined {
  const resource = RESOURCES[(error as NodeJS.ErrnoException).code ?? ''];
  return resource && { resource, message: error.message };
}
