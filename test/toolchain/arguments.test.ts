// Tests of how run.mjs reads its arguments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../.toolchain/arguments.mjs';

const rows: [string, string[], ReturnType<typeof parseArguments>][] = [
  ['the first word is the command', ['pulumi', 'up'], { kind: 'run', command: 'pulumi', args: ['up'] }],
  ["the command's options are its own", ['node', '-h', '--'], { kind: 'run', command: 'node', args: ['-h', '--'] }],
  ['a command may follow --', ['--', 'pulumi', '--help'], { kind: 'run', command: 'pulumi', args: ['--help'] }],
  ['after -- even a dash begins a command', ['--', '-x'], { kind: 'run', command: '-x', args: [] }],
  ['--help gets its response', ['--help', 'x'], { kind: 'usage', exitCode: 0 }],
  ['-h gets its response', ['-h'], { kind: 'usage', exitCode: 0 }],
  ['no command is an error', [], { kind: 'usage', exitCode: 2 }],
  ['an empty command is an error', [''], { kind: 'usage', exitCode: 2 }],
  ['-- alone is an error', ['--'], { kind: 'usage', exitCode: 2 }],
  ['an option of ours that does not exist is an error', ['--quiet', 'node'], { kind: 'usage', exitCode: 2 }],
];

for (const [name, args, expected] of rows) {
  test(name, () => assert.deepEqual(parseArguments(args), expected));
}
