// The commands by which the stack of an exported program reaches the runtime as `weir export` did.
import path from 'node:path';
import { DEFAULT_ENDPOINT, type Settings } from '../../client/settings.ts';

export type Authority = Pick<Settings, 'ca' | 'caFile'>;

/** Text that a shell takes as it is. */
const PLAIN = /^[\w./:@%+,=[\]-]+$/;

export function reachCommands(endpoint: string, { ca, caFile }: Authority = { ca: undefined, caFile: undefined }) {
  const commands = endpoint === DEFAULT_ENDPOINT ? [] : [`pulumi config set weir:endpoint ${quoted(endpoint)}`];
  if (ca === undefined || !endpoint.startsWith('https:')) return commands;
  // The configuration gets the text, because the file may be missing where the stack is deployed. It begins with "-",
  // like an option, and is therefore read from the standard input.
  const file = caFile === undefined ? 'FILE    # the text of --ca or WEIR_CA' : quoted(path.resolve(caFile));
  return [...commands, `pulumi config set weir:ca < ${file}`];
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
