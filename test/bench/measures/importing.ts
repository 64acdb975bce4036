// Time of the import of the SDK in a stack, compared with that of @pulumi/pulumi alone. The package is the tarball that
// users install, because a checkout has to strip types first.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { npmInstall, PULUMI_VERSION, packWeir, writeManifest } from '../../harness/stack/packed.ts';
import { milliseconds } from '../bounds/bound.ts';
import { ratios } from '../markdown.ts';
import { median } from '../statistics.ts';
import { type Measure, roundsOf } from './measure.ts';

const IMPORT = 'import.mjs';
const CODE = `const startedAtMs = performance.now();
await import(process.argv[2]);
console.log(performance.now() - startedAtMs);
process.exit();
`;

export const measureImporting: Measure = async (context) => {
  const directory = temporaryDirectory(context.cleanUp);
  writeManifest(directory, { 'pulumi-weir': `file:${packWeir(context.cleanUp)}`, '@pulumi/pulumi': PULUMI_VERSION });
  npmInstall(directory);
  writeFileSync(join(directory, IMPORT), CODE);
  const importMs = (name: string) =>
    Number(execFileSync(process.execPath, [IMPORT, name], { cwd: directory, encoding: 'utf8' }));
  const { name } = JSON.parse(readFileSync(join(directory, 'node_modules/pulumi-weir/package.json'), 'utf8'));
  // The first imports read the files from disk.
  for (const each of ['@pulumi/pulumi', name]) importMs(each);
  const [alone, sdk]: [number[], number[]] = [[], []];
  for (const _ of roundsOf(context)) {
    alone.push(importMs('@pulumi/pulumi'));
    sdk.push(importMs(name));
  }
  const note = `${milliseconds(median(sdk))} to ${milliseconds(median(alone))}`;
  return { 'import-sdk': { values: ratios(sdk, alone), note } };
};
