// `weir export`: writes a running configuration as the program of a Pulumi stack that adopts it.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectClient } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import type { ApiObject } from '../../model/api/objects.ts';
import { counted } from '../../model/base/counted.ts';
import { WeirError } from '../../model/base/errors.ts';
import { KINDS } from '../../model/base/kinds.ts';
import { makeFolder } from '../../model/base/make-folder.ts';
import { inLines } from '../../model/base/one-line.ts';
import { exportedProgram } from '../export/program.ts';
import { print, tell } from './output.ts';

export interface ExportFlags extends Reach {
  readonly owner?: readonly string[];
  /** Export objects without an owner. */
  readonly unowned?: boolean;
  readonly out?: string;
}

export async function runExport({ owner: prefixes = [], unowned = false, out, ...reach }: ExportFlags): Promise<void> {
  const client = await connectClient(reach);
  const isMeant = ({ owner }: ApiObject) => {
    if (prefixes.length === 0 && !unowned) return true;
    return owner === undefined ? unowned : prefixes.some((prefix) => owner.startsWith(prefix));
  };
  const lists = await Promise.all(
    KINDS.map(async (kind) => [kind, (await client.list(kind)).filter(isMeant)] as const),
  );
  const count = lists.reduce((sum, [, objects]) => sum + objects.length, 0);
  if (count === 0) {
    const ways = [
      ...(unowned ? ['without an owner'] : []),
      ...prefixes.map((each) => `whose owner begins with ${each}`),
    ];
    const condition = ways.length === 0 ? '' : ` ${ways.join(' or ')}`;
    throw new WeirError('NotFound', `the runtime at ${client.endpoint} has no object${condition}`);
  }
  const program = exportedProgram(client.endpoint, new Map(lists), client.authority);
  if (out === undefined) {
    print(program);
    return;
  }
  const file = out.endsWith('.ts') ? out : path.join(out, 'index.ts');
  // In the strings of a program, escapes mean the same characters.
  writeNew(file, inLines(program));
  tell(`wrote ${file}: its first \`pulumi up\` adopts ${counted(count, 'object')}\n`);
}

/** Writes a new file. Fails if the file exists, because an export must not overwrite a program. */
function writeNew(file: string, text: string): void {
  makeFolder(path.dirname(file));
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new WeirError('InvalidParameter', `${file} already exists: name another file, or remove it`);
  }
}
