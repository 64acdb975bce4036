// `weir completion` in real shells, and the exit codes in the help of each command.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { findProgram } from '../harness/machine/find-program.ts';
import { MAIN } from '../harness/runtime/runtime.ts';

function weir(...args: string[]): string {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' }).stdout;
}

test('bash completes commands, options and values, and each script has the syntax of its shell', () => {
  const script = weir('completion', 'bash');
  const completed = (...words: string[]) => {
    const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    const run = `${script}\n${line}\n_weir; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', run], { encoding: 'utf8' }).stdout.trim().split('\n');
  };
  assert.deepEqual(completed('weir', 'st'), ['status']);
  assert.deepEqual(completed('weir', 'token', 'c'), ['create']);
  assert.deepEqual(completed('weir', 'serve', '--init', '--log-'), ['--log-level', '--log-format']);
  assert.deepEqual(completed('weir', 'serve', '--log-format', ''), ['json', 'text']);
  assert.deepEqual(completed('weir', 'serve', '--log-format', '=', 't'), ['text']);
  assert.deepEqual(completed('weir', 'completion', 'z'), ['zsh']);
  for (const shell of ['bash', 'zsh', 'fish']) {
    if (findProgram(shell) === undefined) continue;
    const { status, stderr } = spawnSync(shell, ['-n'], { input: weir('completion', shell), encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, ''], shell);
  }
});

test('the help of the command line and of each command has the exit codes', () => {
  for (const words of [[], ['plan'], ['token', 'create']])
    assert.match(weir(...words, '--help'), /^ {2}2 {2}`weir plan --fail-on`/m);
});
