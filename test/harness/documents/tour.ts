// Does what a document says, from its first block of code to its last one, in a project of its own with a real runtime.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { cacheFolder } from '../../../.toolchain/cache.mjs';
import { freePort } from '../backends/backends.ts';
import { faultsOf } from '../export/compiler.ts';
import { ROOT } from '../machine/tree.ts';
import { MAIN, temporaryDirectory } from '../runtime/runtime.ts';
import { type CodeBlock, parseMarkdown, readDocument } from './blocks.ts';
import { misprint } from './printed.ts';
import { Terminal } from './terminal.ts';

/** What a document cannot know of the machine that its test runs on, and what is done beside its blocks. */
export interface TourPlan {
  /** Texts of the document, and what stands for them on this machine: ports, folders, addresses. */
  readonly meant?: Readonly<Record<string, string>>;
  /** By the first line of a block: what the prose above it tells the reader to do first. */
  readonly before?: Readonly<Record<string, (tour: Tour) => unknown>>;
  /** By command: what is done where the command itself needs root, or minutes, or another machine. A text that it returns is what was printed. */
  readonly instead?: Readonly<Record<string, (tour: Tour) => unknown>>;
  /** By first line: blocks of text that no command prints, such as a drawing. */
  readonly drawings?: Readonly<Record<string, (text: string) => void>>;
  /** The folder that it begins in, where that is not a new project. */
  readonly directory?: string;
  /** A runtime is there from the beginning, because the document is not about starting one. */
  readonly hasRuntime?: boolean;
}

export class Tour {
  readonly directory: string;
  readonly terminal: Terminal;
  /** Folder of the user, with the tokens of the runtimes. */
  readonly home: string;
  readonly #meant: (readonly [string, string])[];
  /** The program that is up. */
  #program: string | undefined;

  constructor(t: TestContext, plan: TourPlan, apiPort: number) {
    this.directory = plan.directory ?? project(t);
    this.home = temporaryDirectory(t);
    const api = `127.0.0.1:${apiPort}`;
    const serve = Object.fromEntries(['weir serve', 'pulumi-weir serve'].map((text) => [text, `${text} --api ${api}`]));
    this.#meant = Object.entries({ '127.0.0.1:7400': api, ...serve, ...plan.meant });
    this.terminal = new Terminal(t, this.directory, {
      HOME: this.home,
      PATH: `${programs(t)}:${process.env.PATH}`,
      PULUMI_BACKEND_URL: `file://${temporaryDirectory(t)}`,
      PULUMI_CONFIG_PASSPHRASE: 'test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      WEIR_ENDPOINT: `http://127.0.0.1:${apiPort}`,
      WEIR_TOKEN: '',
      NO_COLOR: '1',
      // What is fetched stays the user's: the home is another one so that no runtime's token and no login is found there.
      WEIR_CACHE: cacheFolder(process.env),
      npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
      npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
      npm_config_prefer_offline: 'true',
    });
  }

  /** A text of the document as it is meant on this machine. */
  here(text: string): string {
    return replaced(text, this.#meant);
  }

  /** What was printed on this machine, as the document has it. */
  #there(text: string): string {
    return replaced(
      text,
      this.#meant.map(([written, meant]) => [meant, written]),
    );
  }

  /** Runs a command, which must end with 0; returns what it printed. */
  async done(command: string): Promise<string> {
    const { code, text } = await this.terminal.run(command);
    assert.equal(code, 0, `\`${command}\` ended with ${code}:\n${text}`);
    return text;
  }

  write(file: string, text: string): void {
    const path = join(this.terminal.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  async file({ file = '', text, language }: CodeBlock): Promise<void> {
    // Beside the program that it may import, which the compiler has under the name of a second text.
    const besides = text.replaceAll('./index.ts', './exported-1.ts');
    if (language === 'ts') assert.equal(faultsOf([besides, this.#program ?? 'export {};']), '', file);
    this.write(file, this.here(text));
  }

  /** A program compiles as a project's, takes the place of the one before it, and is brought up. */
  async program(text: string): Promise<void> {
    assert.equal(faultsOf([text]), '');
    await this.destroy();
    await this.done('pulumi stack select --create dev --non-interactive');
    this.write('index.ts', this.here(text));
    await this.done('pulumi up --yes --skip-preview --non-interactive');
    this.#program = text;
  }

  async destroy(): Promise<void> {
    if (this.#program !== undefined) await this.done('pulumi destroy --yes --skip-preview --non-interactive');
    this.#program = undefined;
  }

  async commands(text: string, instead: TourPlan['instead'] = {}): Promise<string> {
    let printed = '';
    for (const command of commandsOf(text)) {
      const other = instead[command];
      const result = await (other === undefined ? this.done(this.here(command)) : other(this));
      if (typeof result === 'string') printed += result;
    }
    return this.#there(printed);
  }
}

/** Takes the tour of a document; fails at the first block that is not true, and at a block that nothing runs. */
export async function tour(t: TestContext, document: string, plan: TourPlan = {}): Promise<void> {
  const apiPort = await freePort();
  const journey = new Tour(t, plan, apiPort);
  if (plan.hasRuntime) await journey.commands('weir serve');
  const used = new Set<string>();
  const noted = <T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined => {
    if (table?.[key] !== undefined) used.add(key);
    return table?.[key];
  };
  // By the block before, if that is one of commands.
  let printed: string | undefined;
  const visit = async (block: CodeBlock, first: string): Promise<string | undefined> => {
    const { language, text } = block;
    const drawing = noted(plan.drawings, first);
    if (drawing !== undefined) drawing(text);
    else if (language === 'text') {
      assert.ok(printed !== undefined, 'it follows no command that prints it');
      const fault = misprint(text, printed);
      assert.ok(fault === undefined, `${fault}; printed was:\n${printed}`);
    } else if (block.file !== undefined) await journey.file(block);
    else if (language === 'ts') await journey.program(text);
    else if (language === 'sh') {
      for (const command of commandsOf(text)) noted(plan.instead, command);
      return journey.commands(text, plan.instead);
    } else assert.fail(`nothing runs a block of ${language || 'no language'} without a file name`);
    return undefined;
  };
  for (const block of parseMarkdown(readDocument(document)).blocks) {
    const first = block.text.split('\n')[0] ?? '';
    try {
      await noted(plan.before, first)?.(journey);
      printed = await visit(block, first);
    } catch (error) {
      throw new Error(`${document}:${block.line}: ${(error as Error).message}`, { cause: error });
    }
  }
  await journey.destroy();
  await journey.terminal.end(/./);
  const known = [plan.before, plan.instead, plan.drawings].flatMap((table) => Object.keys(table ?? {}));
  assert.deepEqual(
    known.filter((key) => !used.has(key)),
    [],
    `${document} has no such line`,
  );
}

/** One a line, or as many lines as bash needs to take it for whole; without the comments behind them. */
export function commandsOf(text: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of text.split('\n')) {
    open += `${open === '' ? '' : '\n'}${line.replace(/(?:^| {2,})# .*$/, '')}`;
    if (open.endsWith('\\') || spawnSync('bash', ['-n', '-c', open]).status !== 0) continue;
    const command = open.replace(/\s*\\\n\s*/g, ' ').trim();
    if (command !== '') commands.push(command);
    open = '';
  }
  assert.equal(open, '', 'bash takes no end of this for whole');
  return commands;
}

/** All of them in one go, so that none is looked for in what another one put there; the longest that fits counts. */
function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  const table = new Map(pairs.toSorted(([a], [b]) => b.length - a.length));
  const alternatives = [...table.keys()].map((key) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.replace(
    new RegExp(`(?<![\\w-])(?:${alternatives.join('|')})(?!\\w)`, 'g'),
    (key) => table.get(key) ?? key,
  );
}

/** The folder of a project that has this package, with the stack `dev` still to be made. */
function project(t: TestContext): string {
  const directory = temporaryDirectory(t);
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(ROOT, join(modules, 'pulumi-weir'));
  symlinkSync(join(ROOT, 'node_modules/@pulumi'), join(modules, '@pulumi'));
  symlinkSync(MAIN, join(modules, '.bin/weir'));
  writeFileSync(
    join(directory, 'package.json'),
    '{ "name": "shop", "private": true, "type": "module", "main": "index.ts" }\n',
  );
  writeFileSync(
    join(directory, 'Pulumi.yaml'),
    'name: shop\nruntime: { name: nodejs, options: { typescript: false } }\n',
  );
  return directory;
}

/** A folder with `weir` as this checkout has it, for documents that call it by its name alone. */
function programs(t: TestContext): string {
  const directory = temporaryDirectory(t);
  symlinkSync(MAIN, join(directory, 'weir'));
  return directory;
}
