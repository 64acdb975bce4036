// Tokens for tests, made with the administrator's token.
import { parseStatement } from '../../../provider/model/permissions/statement-text.ts';
import type { RuntimeProcess } from './runtime.ts';

export interface MadeToken {
  readonly id: string;
  readonly token: string;
  /** Returns the request headers for calls with this token. */
  readonly headers: { readonly authorization: string };
}

/** Makes a token; each entry of `allow` has the form "ACTIONS on RESOURCES". */
export async function makeToken(
  runtime: RuntimeProcess,
  allow: readonly string[],
  more: object = {},
): Promise<MadeToken> {
  const { id, token } = await runtime.done('POST', '/v1/tokens', {
    name: 'ci',
    statements: allow.map((text) => parseStatement(text)),
    ...more,
  });
  return { id, token, headers: { authorization: `Bearer ${token}` } };
}
