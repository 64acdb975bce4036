// `weir plan`: shows, as Markdown for a pull request, what the change in a Pulumi preview will do to traffic.
import { text } from 'node:stream/consumers';
import { clientIfSet } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import { isWeirError } from '../../model/base/errors.ts';
import { readUserFile } from '../../model/base/user-file.ts';
import { renderFailure } from '../plan/failure.ts';
import { stackIn } from '../plan/heading.ts';
import { type Plan, planOf, type RuntimeView } from '../plan/plan.ts';
import { type Preview, parsePreview, SECRET } from '../plan/preview.ts';
import { renderPlan } from '../plan/render.ts';
import { readRuntime } from '../plan/runtime-view.ts';
import { ANY_WARNING } from '../plan/warning-rules.ts';
import { print, tell } from './output.ts';

/** Exit code of `weir plan` if a warning of `--fail-on` applies. Exit code 1 stands for an error. */
const GATE_EXIT_CODE = 2;

export interface PlanFlags extends Reach {
  readonly failOn: readonly string[];
  readonly stack?: string;
}

export async function showPlan(file: string | undefined, { failOn, stack: named, ...reach }: PlanFlags): Promise<void> {
  let stack = named;
  try {
    const input = await read(file);
    stack = stackOf(input, named);
    const preview = parsePreview(input);
    const plan = planOf(preview, await runtimeView(preview, reach), Date.now());
    print(renderPlan(plan, stack));
    gate(plan, failOn);
  } catch (error) {
    // A pipeline puts the output in the place of the plan before it, which no longer holds.
    print(renderFailure(error, stack));
    throw error;
  }
}

/** The stack that the preview names, else the one of the option. Throws if they are not the same. */
function stackOf(preview: string, named: string | undefined): string | undefined {
  const found = stackIn(preview);
  if (found !== undefined && named !== undefined && found !== named) {
    throw new Error(`the preview is of the stack ${found}, not of ${named}, which --stack names`);
  }
  return found ?? named;
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
  const met = warnings.map(({ rule }) => rule).filter((rule) => failOn.includes(rule) || failOn.includes(ANY_WARNING));
  if (met.length === 0) return;
  tell(`weir: the plan warns of ${[...new Set(met)].join(', ')}\n`);
  process.exitCode = GATE_EXIT_CODE;
}
