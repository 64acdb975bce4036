// A real Pulumi stack in a temporary folder, with a program, a file backend and the CLI.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { endProcess, type FoundProcess, processesWith } from '../machine/left-processes.ts';
import { ROOT } from '../machine/tree.ts';
import { type RuntimeProcess, temporaryDirectory, until } from '../runtime/runtime.ts';

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Standard output and standard error together, as a terminal shows them. */
  text: string;
}

export interface RunningCommand {
  readonly pid: number;
  /** Returns the output of the command so far. */
  readonly text: () => string;
  readonly result: Promise<CommandResult>;
  /**
   * Kills the CLI like `kill -9` and waits for its plug-ins, which notice and end. The language host looks only every
   * few minutes, so it is killed as well.
   */
  kill(): Promise<CommandResult>;
}

export class Stack {
  readonly directory: string;
  readonly environment: Record<string, string>;

  private constructor(directory: string, environment: Record<string, string>) {
    this.directory = directory;
    this.environment = environment;
  }

  /** Creates the stack `dev` in a new project that uses this checkout as its `pulumi-weir`. */
  static async create(t: Pick<TestContext, 'after'>, program: string, runtime?: RuntimeProcess): Promise<Stack> {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'shop', type: 'module', main: 'index.ts' }));
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(ROOT, join(directory, 'node_modules', 'pulumi-weir'));
    symlinkSync(join(ROOT, 'node_modules', '@pulumi'), join(directory, 'node_modules', '@pulumi'));
    return Stack.at(t, directory, program, runtime);
  }

  /** Creates the stack `dev` in a folder that already has node_modules and package.json. */
  static async at(
    t: Pick<TestContext, 'after'>,
    directory: string,
    program: string,
    runtime: RuntimeProcess | undefined,
    options = 'options: { typescript: false }',
  ): Promise<Stack> {
    writeFileSync(join(directory, 'Pulumi.yaml'), `name: shop\nruntime: { name: nodejs, ${options} }\n`);
    writeFileSync(join(directory, 'index.ts'), program);
    return Stack.of(t, directory, runtime);
  }

  /** Creates the stack `dev` of an existing project. Stacks with the same `state` folder share a file backend. */
  static async of(
    t: Pick<TestContext, 'after'>,
    directory: string,
    runtime: RuntimeProcess | undefined,
    state = temporaryDirectory(t),
  ): Promise<Stack> {
    const stack = new Stack(directory, {
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: 'test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      WEIR_TOKEN: runtime?.token ?? '',
      WEIR_ENDPOINT: '',
      // A home folder without ~/.weir, so that no settings of the machine's user apply.
      HOME: state,
    });
    await stack.done(['stack', 'init', 'dev']);
    // `pulumi config set` would write the same, and takes half a second.
    if (runtime !== undefined)
      appendFileSync(join(directory, 'Pulumi.dev.yaml'), `config:\n  weir:endpoint: ${runtime.url}\n`);
    return stack;
  }

  /** Replaces the program of the stack. */
  write(program: string): void {
    writeFileSync(join(this.directory, 'index.ts'), program);
  }

  /** Runs the CLI and waits for its end; `changes` override environment variables. */
  run(args: readonly string[], changes: Record<string, string> = {}): Promise<CommandResult> {
    return this.start(args, changes).result;
  }

  /** Starts the CLI without waiting for its end, for tests that send it a signal. */
  start(args: readonly string[], changes: Record<string, string> = {}): RunningCommand {
    const child = spawn('pulumi', [...args, '--non-interactive', '--color', 'never'], {
      cwd: this.directory,
      env: { ...process.env, ...this.environment, ...changes },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result: CommandResult = { code: null, stdout: '', stderr: '', text: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      result.stdout += text;
      result.text += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.stderr += text;
      result.text += text;
    });
    const ended = new Promise<CommandResult>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ ...result, code }));
    });
    const kill = async () => {
      child.kill('SIGKILL');
      await ended;
      const left = () => processesWith('PULUMI_BACKEND_URL', this.environment.PULUMI_BACKEND_URL ?? '');
      const isPlugin = ({ command }: FoundProcess) => command.includes('pulumi-resource-');
      await until('the end of the plug-ins', () => !left().some(isPlugin) || undefined);
      left().forEach(endProcess);
      return ended;
    };
    return { pid: child.pid ?? 0, text: () => result.text, result: ended, kill };
  }

  /** Runs the CLI and returns its output. A failure of the CLI fails the test. */
  async done(args: readonly string[], changes: Record<string, string> = {}): Promise<string> {
    const { code, text } = await this.run(args, changes);
    if (code !== 0) throw new Error(`pulumi ${args.join(' ')} ended with ${code}:\n${text}`);
    return text;
  }

  /** Runs the CLI, which must fail, and returns its output. A success of the CLI fails the test. */
  async fails(args: readonly string[], changes: Record<string, string> = {}): Promise<string> {
    const { code, text } = await this.run(args, changes);
    if (code === 0) throw new Error(`pulumi ${args.join(' ')} did not fail:\n${text}`);
    return text;
  }

  up(): Promise<string> {
    return this.done(['up', '--yes', '--skip-preview']);
  }

  upFails(): Promise<string> {
    return this.fails(['up', '--yes', '--skip-preview']);
  }

  destroy(): Promise<string> {
    return this.done(['destroy', '--yes', '--skip-preview']);
  }

  /** Returns the resources of the state by name, without the stack and the provider. */
  async resources(): Promise<Map<string, StackResource>> {
    const { stdout } = await this.run(['stack', 'export']);
    const resources: StackResource[] = JSON.parse(stdout).deployment.resources ?? [];
    const own = resources.filter(({ type }) => type.startsWith('pulumi-nodejs:dynamic'));
    return new Map(own.map((resource) => [resource.urn.split('::').at(-1) ?? '', resource]));
  }
}

interface StackResource {
  urn: string;
  type: string;
  id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what it reads.
  inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what it reads.
  outputs: any;
  initErrors?: string[];
}
