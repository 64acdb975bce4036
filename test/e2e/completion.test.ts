// `weir completion` in real shells, the help of each command, and what the command line loads for them.
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
  assert.deepEqual(completed('weir', 'plan', '--fail-on', 'no'), ['no-target']);
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

/** Writes to standard error, at the end of a process, the packages from which it has loaded modules. */
const LOADED = `import { registerHooks } from 'node:module';
const urls = [];
registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
process.on('exit', () => {
  const paths = urls.flatMap((url) => url.split('/node_modules/').slice(1).slice(-1));
  const names = paths.map((path) => path.split('/')[0]);
  process.stderr.write([...new Set(names)].sort().join());
});`;

test('version, help and completion load no package but that of the options, and each command only its own', () => {
  const packages = (...args: string[]) => {
    const run = ['--import', `data:text/javascript,${encodeURIComponent(LOADED)}`, MAIN, ...args];
    return spawnSync(process.execPath, run, { encoding: 'utf8' }).stderr.split('\n').at(-1)?.split(',');
  };
  for (const args of [['--version'], ['serve', '--help'], ['completion', 'bash']])
    assert.deepEqual(packages(...args), ['commander'], args.join(' '));
  assert.deepEqual(packages('backup', '/no/such/folder/file'), ['commander', 'zod']);
});
