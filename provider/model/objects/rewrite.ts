// The rewriting of requests by a forwarding rule: the host and the path that its targets get.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { isOneHost } from './host-name.ts';
import { rulePath } from './rule-path.ts';
import { text } from './text.ts';

/** A host, and perhaps a port. */
const WITH_PORT = /^(.*?)(?::([1-9]\d{0,4}))?$/s;

function isHostWithPort(value: string): boolean {
  const [, host = '', port = '1'] = WITH_PORT.exec(value) ?? [];
  return isOneHost(host) && Number(port) <= 65_535;
}

export const rewriteSchema = z.strictObject(
  {
    host: text('must be a host name', 255)
      .refine(isHostWithPort, 'must be a host name, or an address, with or without port')
      .optional(),
    path: rulePath.optional(),
  },
  'must be a rewrite: an object such as { path: "/" }',
);

export type RewriteProperties = z.infer<typeof rewriteSchema>;

export function rewriteRules({ host, path }: Readonly<Record<string, unknown>>): Problem[] {
  return host === undefined && path === undefined ? [{ path: 'path', message: 'is required if there is no host' }] : [];
}
