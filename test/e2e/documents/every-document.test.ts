// Rules for every document: a tour runs its blocks of code, its links work, and its commands exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, matchesGlob, normalize } from 'node:path';
import { test } from 'node:test';
import {
  anchorsOf,
  documentFiles,
  indentedLines,
  linksOf,
  parseMarkdown,
  readDocument,
  spansOf,
} from '../../harness/documents/blocks.ts';
import { ROOT } from '../../harness/machine/tree.ts';
import { MAIN } from '../../harness/runtime/runtime.ts';

/**
 * This document is generated from docstrings. Another test compiles the examples of the docstrings, so no tour is
 * needed.
 */
const REFERENCE = 'sdk/reference.md';
const README_LINES = 150;

const documents = documentFiles();
const { files, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

test('a tour runs the blocks of code of every document, and no block of code is made by indentation', () => {
  const tests = globSync('test/e2e/documents/*.test.ts', { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  );
  assert.ok(documents.length >= 8);
  for (const document of documents) {
    const text = readDocument(document);
    const { blocks } = parseMarkdown(text);
    assert.deepEqual(indentedLines(text), [], document);
    const hasTour = tests.some((source) => source.includes(`tour(t, '${document}'`));
    const areExamples = document === REFERENCE && blocks.every(({ language }) => language === 'ts');
    assert.ok(hasTour || areExamples || blocks.length === 0, `${document} has blocks of code but no tour`);
  }
});

test(`README.md has at most ${README_LINES} lines`, () => {
  assert.ok(readDocument('README.md').trimEnd().split('\n').length <= README_LINES);
});

test('every link within the repository leads to an existing file and heading', () => {
  const broken = documents.flatMap((document) => {
    return linksOf(parseMarkdown(readDocument(document)))
      .filter((link) => !leads(document, link))
      .map((link) => `${document}: ${link}`);
  });
  assert.deepEqual(broken, []);
});

test('the package contains every file that README.md links to, because README.md is the page of the package', () => {
  const linked = linksOf(parseMarkdown(readDocument('README.md'))).map((link) => link.replace(/#.*/, ''));
  const packed = (path: string) =>
    files.some((pattern: string) => matchesGlob(path, pattern) || path.startsWith(pattern));
  assert.deepEqual(
    linked.filter((path) => path !== '' && !packed(path)),
    [],
  );
});

test('the figures of speed in README.md are those of the last benchmark', () => {
  const [, speed = ''] = /^## Speed\n(.*?)^## /ms.exec(readDocument('README.md')) ?? [];
  const figures = speed.match(/\d+\.\d+/g) ?? [];
  assert.ok(figures.length >= 4);
  const goals = readDocument('test/bench/README.md');
  assert.deepEqual(
    figures.filter((figure) => !new RegExp(`^\\|.*\\| ${figure} \\(`, 'm').test(goals)),
    [],
  );
});

test('every command that a sentence of a document names exists and has the options', () => {
  const unknown = documents.flatMap((document) => {
    const spans = new Set(spansOf(parseMarkdown(readDocument(document))));
    return [...spans].filter((span) => !isKnown(span)).map((span) => `${document}: ${span}`);
  });
  assert.deepEqual(unknown, []);
});

/** Returns true if a link of a document leads to an existing file and heading. */
function leads(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? document : normalize(join(dirname(document), path));
  if (!existsSync(join(ROOT, file))) return false;
  if (anchor === undefined) return true;
  return statSync(join(ROOT, file)).isFile() && anchorsOf(parseMarkdown(readDocument(file))).has(anchor);
}

/** Returns true if a code span is a command that exists with its options, or is no command. */
function isKnown(span: string): boolean {
  const [, script] = /^npm run (\S+)/.exec(span) ?? [];
  if (script !== undefined) return script in scripts;
  const [, program, rest = ''] = /^(weir|pulumi) ([a-z].*)$/.exec(span.replace(/^npx pulumi-weir /, 'weir ')) ?? [];
  if (program === undefined) return true;
  const [command = ''] = rest.split(' | ');
  const words = command.split(' ');
  const first = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  const names = words.slice(0, first === -1 ? undefined : first);
  // The last word may be an argument, such as the name of a token, and not a part of the command's name.
  const help = [names, names.slice(0, -1)].map((path) => helpOf(program, path)).find((text) => text !== undefined);
  return (
    help !== undefined && (command.match(/ --[a-z][a-z-]*/g) ?? []).every((option) => help.includes(option.trim()))
  );
}

/** Help texts already read, by program and command. The value is `undefined` for an unknown command. */
const helps = new Map<string, string | undefined>();

/** The output of a command's `--help`. Returns `undefined` if the program has no such command. */
function helpOf(program: string, path: readonly string[]): string | undefined {
  const key = [program, ...path].join(' ');
  if (helps.has(key)) return helps.get(key);
  const [file, args] = program === 'weir' ? [process.execPath, [MAIN]] : [program, []];
  const { status, stdout } = spawnSync(file, [...args, ...path, '--help'], { encoding: 'utf8' });
  const isThere = status === 0 && path.length > 0 && new RegExp(`^(Usage:)?\\s*${key}\\b`, 'm').test(stdout);
  helps.set(key, isThere ? stdout : undefined);
  return helps.get(key);
}
