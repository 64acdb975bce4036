// `weir backup`: writes the objects and tokens of a running runtime to a file.
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connectClient } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import { WeirError } from '../../model/base/errors.ts';
import { syncFolder } from '../../model/base/sync-folder.ts';
import { tell } from './output.ts';

export interface BackupFlags extends Reach {
  readonly force?: boolean;
}

const MODE = 0o600;
/** Signals that end the command. Without a handler, the unfinished file would stay. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** Interval of the progress on a terminal. */
const PROGRESS_MS = 500;

export async function runBackup(given: string, { force = false, ...reach }: BackupFlags): Promise<void> {
  const file = path.resolve(given);
  refuseTaken(file, force);
  const client = await connectClient(reach);
  const runtimeId = await client.runtimeId();
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error('interrupted'));
  for (const signal of SIGNALS) process.once(signal, interrupt);
  let size = 0;
  try {
    const fd = openSync(draft, 'wx', MODE);
    await client.backup(interrupted.signal, async (stream, bytes) => {
      const target = createWriteStream('', { fd, flush: true });
      await pipeline(stream, measured(bytes), target, { signal: interrupted.signal });
      size = bytes;
    });
    place(draft, file, force);
    syncFolder(path.dirname(file));
  } catch (error) {
    throw interrupted.signal.aborted ? interrupted.signal.reason : named(error, file);
  } finally {
    rmSync(draft, { force: true });
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
  tell(`wrote ${file}: the objects and tokens of runtime ${runtimeId}, ${size} bytes\n`);
  tell('The key file of the stored secrets (master-key) is not part of it. Keep a copy of that file elsewhere.\n');
}

function refuseTaken(file: string, force: boolean): void {
  if (!existsSync(path.dirname(file))) throw new WeirError('InvalidParameter', `${path.dirname(file)} does not exist`);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false)
    throw new WeirError('InvalidParameter', `${file} is not a file`);
  if (!force && existsSync(file)) throw taken(file);
  if (path.basename(file).startsWith('weir.db') && existsSync(path.join(path.dirname(file), 'lock')))
    throw new WeirError(
      'InvalidParameter',
      `${path.dirname(file)} is the data directory of a runtime: name another file`,
    );
}

function taken(file: string): WeirError {
  return new WeirError('InvalidParameter', `${file} already exists: name another file, or give --force to replace it`);
}

/** Gives the draft its name. Without `force`, a file that has appeared meanwhile stays. */
function place(draft: string, file: string, force: boolean): void {
  if (force) {
    renameSync(draft, file);
    return;
  }
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(file)) throw taken(file);
    // Some file systems have no hard links.
    renameSync(draft, file);
  }
}

/** Counts the bytes that pass, shows the progress on a terminal, and fails unless they are as many as announced. */
function measured(bytes: number): Transform {
  let passed = 0;
  let shownAtMs = performance.now();
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      passed += part.length;
      if (process.stderr.isTTY && performance.now() - shownAtMs > PROGRESS_MS) {
        shownAtMs = performance.now();
        tell(`${Math.floor((100 * passed) / bytes)} % of ${bytes} bytes\n`);
      }
      done(null, part);
    },
    flush(done) {
      done(passed === bytes ? null : new Error(`the runtime sent ${passed} of ${bytes} bytes`));
    },
  });
}

function named(error: unknown, file: string): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET')
    return new Error('the runtime ended the connection before the backup was complete', { cause: error });
  if (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    (code !== undefined && ['open', 'write', 'fsync'].includes(syscall ?? ''))
  )
    return new Error(`${file} cannot be written: ${message}`, { cause: error });
  return error;
}
