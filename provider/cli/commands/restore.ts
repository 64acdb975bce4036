// `weir restore`: puts a backup into the data directory of a runtime that does not run.
import { Command } from 'commander';
import { counted } from '../../messages/counted.ts';
import { restore } from '../../runtime/store/directory/restore.ts';
import { tell } from './output.ts';

interface Options {
  readonly data: string;
  readonly keyFile?: string;
  readonly force?: boolean;
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Puts a backup into the data directory of a runtime that does not run.')
    .argument('<file>', 'file that `weir backup` has written')
    .option('--data <dir>', 'data directory; made if it is not there', '.weir')
    .option('--key-file <file>', 'key of the stored secrets (default: master-key in the data directory)')
    .option('--force', 'replace the database that is there')
    .action(async (file: string, { data, keyFile, force = false }: Options) => {
      const { runtimeId, version, objects, tokens, databaseFile } = await restore(file, {
        directory: data,
        keyFile,
        force,
      });
      tell(
        `restored ${databaseFile}: version ${version} of runtime ${runtimeId}, with ${counted(objects, 'object')} and ` +
          `${counted(tokens, 'token')}\n`,
      );
    });
}
