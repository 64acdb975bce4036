// `weir token`: creates, lists and revokes tokens with the administrator's token.
import { connectClient } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import type { ApiToken } from '../../model/api/tokens.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import { hasPassed } from '../../model/objects/time.ts';
import type { Statement } from '../../model/permissions/statement.ts';
import { statementText } from '../../model/permissions/statement-text.ts';
import { textTable } from '../text/table.ts';
import { print, tell } from './output.ts';

const COLUMNS = ['id', 'name', 'created', 'valid', 'permits', 'for owners'];

export interface CreateFlags extends Reach {
  allow?: Statement[];
  statements?: Statement[];
  owners?: string[];
  expires?: string;
  json?: boolean;
}

export interface ListFlags extends Reach {
  readonly json?: boolean;
}

export async function createToken(name: string, flags: CreateFlags): Promise<void> {
  const { allow = [], statements = [], owners, expires, json, ...reach } = flags;
  const all = [...allow, ...statements];
  if (all.length === 0) throw new Error('say what the token permits with --allow: weir token create --help shows how');
  const client = await connectClient(reach);
  const token = {
    name,
    statements: all,
    ...(owners !== undefined && { owners }),
    ...(expires !== undefined && { expiresAt: expires }),
  };
  const created = await client.createToken(token);
  if (json) {
    print(`${JSON.stringify(created, null, 2)}\n`);
    return;
  }
  tell(`Token ${inOneLine(`${created.id}, ${validity(created)}`)}. It is not shown again:\n`);
  print(`${inOneLine(created.token)}\n`);
}

export async function listTokens({ json, ...reach }: ListFlags): Promise<void> {
  const client = await connectClient(reach);
  const tokens = await client.tokens();
  if (json) print(`${JSON.stringify(tokens, null, 2)}\n`);
  else if (tokens.items.length === 0) print("No tokens beside the administrator's.\n");
  else print(`${textTable(COLUMNS, tokens.items.map(row))}\n`);
}

export async function revokeToken(id: string, reach: Reach): Promise<void> {
  const client = await connectClient(reach);
  await client.revokeToken(id);
  tell(`Token ${id} is revoked.\n`);
}

function row(token: ApiToken): string[] {
  const { id, name, createdAt, statements, owners } = token;
  const permits = statements.map(statementText).join('; ');
  return [id, name, createdAt.slice(0, 10), validity(token), permits, owners?.join(', ') ?? 'any'];
}

function validity({ expiresAt }: ApiToken): string {
  if (expiresAt === undefined) return 'until revoked';
  return hasPassed(expiresAt, Date.now()) ? `expired ${expiresAt}` : `until ${expiresAt}`;
}
