// Who may call: the bearer token of a request against the runtime's own, in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import { WeirError } from '../../model/errors.ts';

export type Authenticate = (authorization: string | undefined) => void;

/** Only the hash of the token is kept. Throws Unauthenticated. */
export function authenticateWith(token: string): Authenticate {
  const expected = digest(token);
  return (authorization) => {
    const given = /^Bearer ([!-~]+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) throw new WeirError('Unauthenticated', 'The request has no bearer token.');
    if (!timingSafeEqual(digest(given), expected)) {
      throw new WeirError('Unauthenticated', 'The bearer token is not one of this runtime.');
    }
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
