// A tour of a document: runs all its blocks of code in sequence, in a temporary project with a real runtime.
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

/** Adapts a document to the machine of the test: replaced texts and commands, and additional steps. */
export interface TourPlan {
  /** Replacements for texts of the document that differ on this machine, such as ports, folders and addresses. */
  readonly replacements?: Readonly<Record<string, string>>;
  /** Actions that the prose of the document asks for before a block of code, by the first line of the block. */
  readonly before?: Readonly<Record<string, (tour: Tour) => unknown>>;
  /**
   * Replacements for commands that need root, minutes or another machine, by the command. A returned text counts as the
   * output of the command.
   */
  readonly instead?: Readonly<Record<string, (tour: Tour) => unknown>>;
  /** Checks of text blocks that no command prints, such as a drawing, by the first line of the block. */
  readonly drawings?: Readonly<Record<string, (text: string) => void>>;
  /** Folder in which the tour begins. The default is a new project. */
  readonly directory?: string;
  /** True for a document that assumes a running runtime: the tour starts one before the first block. */
  readonly hasRuntime?: boolean;
}

/** Test runners of which this checkout has no types, and what the compiler has in their place. */
const TEST_RUNNER = /"(vitest|@jest\/globals)"/g;
const ANY_TEST_RUNNER = 'export declare const test: any;\nexport declare const expect: any;\n';

/** A document's project, terminal and running program during a tour. */
export class Tour {
  readonly directory: string;
  readonly terminal: Terminal;
  /** Home directory of the commands, in which runtimes store the tokens of their administrators. */
  readonly home: string;
  /** Texts of the document with their replacements on this machine. */
  readonly #replacements: (readonly [string, string])[];
  /** The deployed program and the TypeScript files of the document, by their names. */
  readonly #sources = new Map<string, string>();
  /** Text of the program that is deployed. `undefined` if no program is deployed. */
  #program: string | undefined;

  constructor(t: TestContext, plan: TourPlan, apiPort: number) {
    this.directory = plan.directory ?? project(t);
    this.home = temporaryDirectory(t);
    const api = `127.0.0.1:${apiPort}`;
    const serve = Object.fromEntries(['weir serve', 'pulumi-weir serve'].map((text) => [text, `${text} --api ${api}`]));
    this.#replacements = Object.entries({ '127.0.0.1:7400': api, ...serve, ...plan.replacements });
    this.terminal = new Terminal(t, this.directory, {
      HOME: this.home,
      PATH: `${programs(t)}:${process.env.PATH}`,
      PULUMI_BACKEND_URL: `file://${temporaryDirectory(t)}`,
      PULUMI_CONFIG_PASSPHRASE: 'test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      WEIR_ENDPOINT: `http://127.0.0.1:${apiPort}`,
      WEIR_TOKEN: '',
      NO_COLOR: '1',
      // Caches stay those of the real user. Only HOME differs, which hides the user's tokens and logins.
      WEIR_CACHE: cacheFolder(process.env),
      npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
      npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
      npm_config_prefer_offline: 'true',
    });
  }

  /** Adapts a text of the document to this machine. */
  toMachine(text: string): string {
    return replaced(text, this.#replacements);
  }

  /** Replaces ports, folders and addresses of this machine in an output with those of the document. */
  #toDocument(text: string): string {
    return replaced(
      text,
      this.#replacements.map(([written, replacement]) => [replacement, written]),
    );
  }

  /** Runs a command and returns its output. Throws if the exit code is not 0. */
  async done(command: string): Promise<string> {
    const { code, text } = await this.terminal.run(command);
    assert.equal(code, 0, `\`${command}\` ended with ${code}:\n${text}`);
    return text;
  }

  /** Writes a file; its path is relative to the current folder of the terminal. */
  write(file: string, text: string): void {
    const path = join(this.terminal.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Writes a block of code to its file. TypeScript must compile. */
  async file({ file = '', text, language }: CodeBlock): Promise<void> {
    if (language === 'ts') {
      this.#sources.set('index.ts', this.#program ?? 'export {};');
      this.#sources.set(file, text);
      // The files may import each other. The compiler has them under names such as `exported-1.ts`.
      const names = [...this.#sources.keys()];
      const compiled = (index: number) => `"./exported-${index}.ts"`;
      const renamed = [...this.#sources.values()].map((source) =>
        names
          .reduce((result, name, index) => result.replaceAll(`"./${name}"`, compiled(index)), source)
          .replace(TEST_RUNNER, compiled(names.length)),
      );
      assert.equal(faultsOf([...renamed, ANY_TEST_RUNNER]), '', file);
    }
    this.write(file, this.toMachine(text));
  }

  /** Compiles a program, destroys the deployed one, and deploys the new one with `pulumi up`. */
  async program(text: string): Promise<void> {
    assert.equal(faultsOf([text]), '');
    await this.destroy();
    await this.done('pulumi stack select --create dev --non-interactive');
    this.write('index.ts', this.toMachine(text));
    await this.done('pulumi up --yes --skip-preview --non-interactive');
    this.#program = text;
  }

  /** Destroys the resources of the deployed program, if there is one. */
  async destroy(): Promise<void> {
    if (this.#program !== undefined) await this.done('pulumi destroy --yes --skip-preview --non-interactive');
    this.#program = undefined;
  }

  /** Runs commands in sequence. Returns their output with the document's ports, folders and addresses. */
  async commands(text: string, instead: TourPlan['instead'] = {}): Promise<string> {
    let printed = '';
    for (const command of commandsOf(text)) {
      const other = instead[command];
      const result = await (other === undefined ? this.done(this.toMachine(command)) : other(this));
      if (typeof result === 'string') printed += result;
    }
    return this.#toDocument(printed);
  }
}

/** Runs the blocks of a document. Throws at the first block that fails, differs from the output, or cannot be run. */
export async function tour(t: TestContext, document: string, plan: TourPlan = {}): Promise<void> {
  const apiPort = await freePort();
  const journey = new Tour(t, plan, apiPort);
  if (plan.hasRuntime) await journey.commands('weir serve');
  const used = new Set<string>();
  /** Looks up an entry of the tour's plan, and records that the document uses the entry. */
  const noted = <T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined => {
    if (table?.[key] !== undefined) used.add(key);
    return table?.[key];
  };
  // Output of the preceding block of the document. `undefined` if that block has no commands.
  let printed: string | undefined;
  const visit = async (block: CodeBlock, first: string): Promise<string | undefined> => {
    const { language, text } = block;
    const drawing = noted(plan.drawings, first);
    if (drawing !== undefined) drawing(text);
    else if (language === 'text') {
      assert.ok(printed !== undefined, 'no commands before this block of text could print it');
      const fault = misprint(text, printed);
      assert.ok(fault === undefined, `${fault}; the output was:\n${printed}`);
    } else if (block.file !== undefined) await journey.file(block);
    else if (language === 'ts') await journey.program(text);
    else if (language === 'sh') {
      for (const command of commandsOf(text)) noted(plan.instead, command);
      return journey.commands(text, plan.instead);
    } else assert.fail(`a tour cannot run a block of ${language || 'no language'} without a file name`);
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
    `${document} does not contain these lines of the tour's plan`,
  );
}

/**
 * Splits a block of code into its commands, without comments. A command ends at the first line after which bash can
 * parse it as complete.
 */
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
  assert.equal(open, '', 'bash cannot parse these last lines as a complete command');
  return commands;
}

/** Replaces texts, longer ones first, in one pass: a replacement may itself contain a text that has a replacement. */
function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  const table = new Map(pairs.toSorted(([a], [b]) => b.length - a.length));
  const alternatives = [...table.keys()].map((key) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.replace(
    new RegExp(`(?<![\\w-])(?:${alternatives.join('|')})(?!\\w)`, 'g'),
    (key) => table.get(key) ?? key,
  );
}

/** Creates the folder of a Pulumi project that depends on this package. The project has no stack. */
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

/** Creates a folder for the `PATH` with the command `weir` of this checkout. */
function programs(t: TestContext): string {
  const directory = temporaryDirectory(t);
  symlinkSync(MAIN, join(directory, 'weir'));
  return directory;
}
