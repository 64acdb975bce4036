// `weir restore`: puts a backup into the data directory of a runtime that does not run.
import { counted } from '../../model/base/counted.ts';
import { restore } from '../../runtime/store/directory/restore.ts';
import { tell } from './output.ts';

export interface RestoreFlags {
  readonly data: string;
  readonly keyFile?: string;
  readonly force?: boolean;
}

export async function runRestore(file: string, { data, keyFile, force = false }: RestoreFlags): Promise<void> {
  const { runtimeId, version, objects, tokens, databaseFile } = await restore(file, {
    directory: data,
    keyFile,
    force,
  });
  tell(
    `restored ${databaseFile}: version ${version} of runtime ${runtimeId}, with ${counted(objects, 'object')} and ` +
      `${counted(tokens, 'token')}\n`,
  );
}
