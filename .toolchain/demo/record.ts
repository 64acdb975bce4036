// The record that one run of the quick start leaves for the next: ports, processes and the stack's configuration.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DemoError } from './failure.ts';
import { FOLDER, ROOT, shown } from './folder.ts';

const FILE = path.join(FOLDER, 'record.json');

const processSchema = z.object({ pid: z.int().positive(), command: z.string() });

const recordSchema = z.object({
  ports: z.record(z.string(), z.int()),
  processes: z.record(z.string(), processSchema),
  runtimeId: z.string().optional(),
  config: z.record(z.string(), z.string()),
});

/** A process with its command line, by which it is recognised. The pid alone may belong to another process by now. */
export type StartedProcess = z.infer<typeof processSchema>;
export type DemoRecord = z.infer<typeof recordSchema>;

export function readRecord(): DemoRecord {
  let text: string;
  try {
    text = readFileSync(FILE, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { ports: {}, processes: {}, config: {} };
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    throw new DemoError(
      `${shown(FILE)} cannot be read, so it is not known which processes to end: ` +
        `end those that \`ps -ef | grep ${ROOT}\` shows, then remove ${shown(FOLDER)}/`,
    );
  }
}

/** Saves the record of the quick start as a whole or not at all, however this process ends. */
export function saveRecord(record: DemoRecord): void {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  writeFileSync(`${FILE}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${FILE}.new`, FILE);
}
