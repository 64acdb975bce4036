// The examples in the SDK's docstrings, each of which compiles after the beginning of a usual program.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { ROOT } from '../../harness/machine/tree.ts';

const SDK = join(ROOT, 'sdk');

/**
 * Returns a program that contains the example in a block, so that the example may declare names that the program
 * declares too.
 */
function programOf(example: string): string {
  return `
import * as fs from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
declare const config: pulumi.Config;
declare const lb: weir.LoadBalancer;
declare const http: weir.Listener;
declare const group: weir.AutoScalingGroup;
{
${example.replace(/^export /gm, '')}
}
`;
}

function examplesOf(text: string): string[] {
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, lines = '']) => lines.replace(/^ *\* ?/gm, ''));
}

function faultsOf(programs: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false });
  const { readFile } = host;
  host.readFile = (path) => programs.get(path) ?? readFile(path);
  const compiled = ts.createProgram([...programs.keys()], { ...options, noUnusedLocals: false }, host);
  return ts.getPreEmitDiagnostics(compiled).map((fault) => ts.formatDiagnostic(fault, host));
}

test('each resource and component has an example, and each example compiles', () => {
  const programs = new Map<string, string>();
  for (const file of globSync('*.ts', { cwd: SDK })) {
    const text = readFileSync(join(SDK, file), 'utf8');
    const examples = examplesOf(text);
    if (/^export class/m.test(text)) assert.ok(examples.length > 0, `${file} has no example`);
    // The compiler sees the programs as files of the SDK's folder, where the package name means this package.
    for (const [index, example] of examples.entries()) programs.set(join(SDK, `${index} ${file}`), programOf(example));
  }
  assert.deepEqual(faultsOf(programs), []);
});
