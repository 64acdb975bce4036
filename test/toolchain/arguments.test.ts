// The command line of run.mjs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../.toolchain/arguments.mjs';

const rows: [string, string[], ReturnType<typeof parseArguments>][] = [
  ['the first word is the command', ['pulumi', 'up'], { kind: 'run', command: 'pulumi', args: ['up'] }],
  [
    'options after the command belong to the command',
    ['node', '-h', '--'],
    { kind: 'run', command: 'node', args: ['-h', '--'] },
  ],
  ['a command may follow --', ['--', 'pulumi', '--help'], { kind: 'run', command: 'pulumi', args: ['--help'] }],
  ['after -- even a dash begins a command', ['--', '-x'], { kind: 'run', command: '-x', args: [] }],
  ['--help shows the usage', ['--help', 'x'], { kind: 'usage', exitCode: 0 }],
  ['-h shows the usage', ['-h'], { kind: 'usage', exitCode: 0 }],
  ['no command is an error', [], { kind: 'usage', exitCode: 2 }],
  ['an empty command is an error', [''], { kind: 'usage', exitCode: 2 }],
  ['-- alone is an error', ['--'], { kind: 'usage', exitCode: 2 }],
  ['an option that run.mjs does not have is an error', ['--quiet', 'node'], { kind: 'usage', exitCode: 2 }],
];

for (const [name, args, expected] of rows) {
  test(name, () => assert.deepEqual(parseArguments(args), expected));
}
