// `weir plan`: shows, as Markdown for a pull request, what the change in a Pulumi preview will do to traffic.
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { clientIfSet } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import { isWeirError } from '../../model/base/errors.ts';
import { readUserFile } from '../../model/base/user-file.ts';
import { type Plan, planOf, type RuntimeView } from '../plan/plan.ts';
import { type Preview, parsePreview, SECRET } from '../plan/preview.ts';
import { renderPlan } from '../plan/render.ts';
import { readRuntime } from '../plan/runtime-view.ts';
import { WARNING_RULES } from '../plan/warnings.ts';
import { reachesRuntime } from './options.ts';
import { print, tell } from './output.ts';

/** Exit code of `weir plan` if a warning of `--fail-on` applies. Exit code 1 stands for an error. */
const GATE_EXIT_CODE = 2;
const ANY = 'warning';
const GATES: readonly string[] = [...WARNING_RULES, ANY];

export function planCommand(): Command {
  return reachesRuntime(new Command('plan'))
    .description('Shows what `pulumi up` will do to traffic: `pulumi preview --json --show-sames | weir plan`.')
    .argument('[file]', 'file with the preview (default: standard input)')
    .addOption(
      new Option('--fail-on <rules>', `exit with 2 if the plan has one of these warnings: ${GATES.join(', ')} (any)`)
        .argParser(gates)
        .default([], 'none'),
    )
    .action(async (file: string | undefined, { failOn, ...reach }: Reach & { failOn: readonly string[] }) => {
      const preview = parsePreview(await read(file));
      const plan = planOf(preview, await runtimeView(preview, reach), Date.now());
      print(renderPlan(plan));
      gate(plan, failOn);
    });
}

async function read(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    try {
      return readUserFile(file, 'the preview');
    } catch (error) {
      throw new Error(`${(error as Error).message}; make it with: pulumi preview --json --show-sames > FILE`, {
        cause: error,
      });
    }
  }
  if (process.stdin.isTTY) tell('weir: reading a preview from standard input\n');
  return text(process.stdin);
}

/**
 * Reads the plan's data from a runtime: the one that the options name, else the one of the stack's configuration in the
 * preview, else the one that the environment names. Returns `undefined` if none of them names a runtime.
 */
async function runtimeView(preview: Preview, reach: Reach): Promise<RuntimeView | undefined> {
  const isMasked = (key: string) => preview.config[key] === SECRET;
  const client = clientIfSet({ get: (key) => (isMasked(key) ? undefined : preview.config[key]) }, reach);
  try {
    return client && (await readRuntime(client, preview));
  } catch (error) {
    if (!isWeirError(error) || error.code !== 'Unauthenticated' || !isMasked('weir:token')) throw error;
    throw new Error(`${error.message} (the preview masks weir:token: set --token-file or WEIR_TOKEN)`, {
      cause: error,
    });
  }
}

function gate({ warnings }: Plan, failOn: readonly string[]): void {
  const met = warnings.map(({ rule }) => rule).filter((rule) => failOn.includes(rule) || failOn.includes(ANY));
  if (met.length === 0) return;
  tell(`weir: the plan warns of ${[...new Set(met)].join(', ')}\n`);
  process.exitCode = GATE_EXIT_CODE;
}

function gates(value: string, previous: readonly string[]): string[] {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !GATES.includes(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `There is no warning ${unknown.map((name) => JSON.stringify(name)).join(' or ')}: name one of ${GATES.join(', ')}.`,
    );
  }
  return [...previous, ...names];
}
