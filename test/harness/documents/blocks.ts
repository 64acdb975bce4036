// A small Markdown parser for the tests of the documents: blocks of code, headings, links and code spans.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../machine/tree.ts';
import { anchor } from './markdown.ts';

export interface CodeBlock {
  /** The first word after the opening fence, such as `sh`. Empty if the fence names no language. */
  readonly language: string;
  /** The second word after the opening fence: name of the file whose content the block is. */
  readonly file: string | undefined;
  readonly text: string;
  /** Line number of the first line of the block's text in the document, counted from 1. */
  readonly line: number;
}

export interface Markdown {
  readonly blocks: readonly CodeBlock[];
  /** Text of the document without its blocks of code. */
  readonly prose: string;
}

/** Paths of all Markdown files of the repository, relative to its root. Files that git ignores are left out. */
export function documentFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((name) => name !== '');
}

export function readDocument(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** Splits a Markdown text into blocks of code and prose. Throws if a block of code has no closing fence. */
export function parseMarkdown(text: string): Markdown {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { language: string; file: string | undefined; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (open === undefined) {
      const [, language, file] = /^```(\S*)(?: +(\S+))?$/.exec(line) ?? [];
      if (language === undefined) prose.push(line);
      else open = { language, file, line: index + 2, lines: [] };
    } else if (line === '```') {
      const { lines, ...block } = open;
      blocks.push({ ...block, text: `${lines.join('\n')}\n` });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`line ${open.line - 1}: the block of code has no end`);
  return { blocks, prose: prose.join('\n') };
}

/** First lines of code blocks that are made by indentation. A tour cannot run such a block: it names no language. */
export function indentedLines(text: string): string[] {
  const lines = parseMarkdown(text).prose.split('\n');
  return lines.filter((line, index) => /^(?: {4}|\t)\S/.test(line) && lines[index - 1] === '');
}

/** Anchors that GitHub gives the headings of a document. */
export function anchorsOf({ prose }: Markdown): Set<string> {
  const found = new Set<string>();
  for (const [, title = ''] of prose.matchAll(/^#{1,6} +(.*?) *$/gm)) {
    let name = anchor(title);
    for (let count = 1; found.has(name); count++) name = `${anchor(title)}-${count}`;
    found.add(name);
  }
  return found;
}

/** Targets of the links to files or headings of this repository. */
export function linksOf({ prose }: Markdown): string[] {
  const withoutSpans = prose.replace(/`[^`\n]*`/g, '');
  const all = [...withoutSpans.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return all.filter((target) => !/^[a-z]+:/.test(target));
}

/** Texts of the code spans, without their backquotes. */
export function spansOf({ prose }: Markdown): string[] {
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll('\n', ' '));
}
