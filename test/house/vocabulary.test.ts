// The vocabulary of names: no name contains a replaced word, and no two exports share a name with different meanings.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { ROOT } from '../harness/machine/tree.ts';

/** Words that names may no longer contain, with their replacements. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['answer', 'response'],
  ['binder', 'attachment'],
  ['wire', 'target key'],
  ['heir', 'hand-over, or transfer'],
  ['succession', 'hand-over'],
  ['ledger', 'shared state'],
]);

/**
 * Names that several files may export: in separate programs, or with the same meaning in places that cannot share it.
 */
const REPEATED = new Set(['ROOT', 'url']);

const files = globSync(['{sdk,provider,examples,test,.toolchain}/**/*.{ts,mjs}'], { cwd: ROOT }).sort();
const sources = files.map((file) => {
  return [file, ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest)] as const;
});

/** Splits a name into its words, in lower case and in the singular. */
function wordsOf(name: string): string[] {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/);
  return words.map((word) => word.toLowerCase().replace(/(?:s|ed|ing)$/, ''));
}

function namesIn(node: ts.Node, names: string[] = []): string[] {
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.push(node.text);
  ts.forEachChild(node, (child) => void namesIn(child, names));
  return names;
}

function exportsIn(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => (ts.isIdentifier(name) ? name.text : ''));
    }
    const { name } = statement as ts.DeclarationStatement;
    return name && ts.isIdentifier(name) ? [name.text] : [];
  });
}

test('no name contains a word that was replaced', () => {
  const found = sources.flatMap(([file, source]) => {
    const old = [...new Set(namesIn(source))].flatMap((name) => {
      const word = wordsOf(name).find((each) => REPLACED.has(each));
      return word === undefined ? [] : [`${file}: ${name} (use "${REPLACED.get(word)}")`];
    });
    return old;
  });
  assert.deepEqual(found, []);
});

test('no comment, message or document has a word that was replaced', () => {
  const places = ['{sdk,provider,examples,test,.toolchain,.ci}/**/*.{ts,mjs,md,yml}', 'README.md'];
  const old = /\b(?:answer(?:s|ed|ing)?|binders?|heirs?|successions?|wire identity)\b/i;
  // The table of the vocabulary names the words that it replaces in its third column.
  const hasWord = (line: string) => old.test(line.replace(/^(\|[^|]*\|[^|]*\|)[^|]*\|$/, '$1'));
  const found = globSync(places, { cwd: ROOT }).flatMap((file) => {
    if (import.meta.filename.endsWith(file)) return [];
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    return lines.flatMap((line, index) => (hasWord(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
  });
  assert.deepEqual(found, []);
});

test('two exports share a name only if they are the same thing', () => {
  const places = new Map<string, string[]>();
  for (const [file, source] of sources) {
    for (const name of new Set(exportsIn(source))) places.set(name, [...(places.get(name) ?? []), file]);
  }
  const repeated = [...places].filter(([name, where]) => where.length > 1 && !REPEATED.has(name));
  assert.deepEqual(
    repeated.map(([name, where]) => `${name}: ${where.join(', ')}`),
    [],
  );
});
