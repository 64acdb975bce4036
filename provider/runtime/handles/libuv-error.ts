// Errors of libuv as Node's own sockets report them.
import { getSystemErrorName } from 'node:util';

/** The place that a system call was about. */
type Place = { readonly address: string; readonly port: number } | { readonly path: string };

/** An error like those of Node's own sockets. `status` is a negative error number of libuv. */
export function libuvError(syscall: string, status: number, at?: Place): NodeJS.ErrnoException {
  const code = getSystemErrorName(status);
  const where = at && ('path' in at ? { path: at.path } : { address: at.address, port: at.port });
  const text = at === undefined ? '' : 'path' in at ? ` ${at.path}` : ` ${at.address}:${at.port}`;
  return Object.assign(new Error(`${syscall} ${code}${text}`), { errno: status, code, syscall, ...where });
}
