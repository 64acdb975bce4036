// Tokens for tests: made with the administrator's, as an operator writes what they permit.
import { parseStatement } from '../../../provider/model/permissions/statement.ts';
import type { RuntimeProcess } from './runtime.ts';

export interface MadeToken {
  readonly id: string;
  readonly token: string;
  /** For calls in its name. */
  readonly headers: { readonly authorization: string };
}

/** `allow`: "ACTIONS on RESOURCES", each. */
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
