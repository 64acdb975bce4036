// The lines of the runtime's log about requests of the API that were refused or failed.
import type { FastifyRequest } from 'fastify';
import type { WeirError } from '../../model/base/errors.ts';
import type { WriteLine } from '../control/events/limited-log.ts';

const READS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Logs the error of a request. `cause`: what was thrown; its stack is logged if Weir is at fault. */
export function logFailure(log: WriteLine, request: FastifyRequest, error: WeirError, cause: unknown): void {
  const { code, status, message, details } = error;
  const properties = details.flatMap(({ path }) => (path === '' ? [] : [path]));
  const fields = {
    requestId: request.id,
    method: request.method,
    // A query may contain what is nobody's business.
    path: request.url.split('?')[0],
    client: request.ip,
    caller: request.access?.name,
    status,
    code,
    error: message,
    properties: properties.length === 0 ? undefined : properties,
  };
  const what = READS.includes(request.method) ? 'read' : 'write';
  if (code === 'Internal') log('error', 'an API request failed', { ...fields, err: cause });
  else if (status === 401) log('warn', 'a request has no valid token', fields);
  else if (status >= 500) log('error', `a ${what} failed`, fields);
  else log(what === 'read' ? 'debug' : 'warn', `a ${what} was refused`, fields);
}
