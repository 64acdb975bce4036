// The arguments and options of `weir plan`.
import { Command, InvalidArgumentError, Option } from 'commander';
import { projectAndStackOf } from '../../model/base/owners.ts';
import type { PlanFlags } from '../commands/plan.ts';
import { ANY_WARNING, WARNING_RULES } from '../plan/warning-rules.ts';
import { reachesRuntime } from './options.ts';

const GATES: readonly string[] = [...WARNING_RULES, ANY_WARNING];

export function planCommand(): Command {
  return reachesRuntime(new Command('plan'))
    .description('Shows what `pulumi up` will do to traffic: `pulumi preview --json --show-sames | weir plan`.')
    .argument('[file]', 'file with the preview (default: standard input)')
    .addOption(
      new Option(
        '--fail-on <rules>',
        `exit with 2 if the plan has one of these, comma-separated; "${ANY_WARNING}" is any`,
      )
        .choices(GATES)
        .argParser(gates)
        .default([], 'none'),
    )
    .addOption(
      new Option('--stack <project/stack>', 'stack of the heading if a preview that failed names none').argParser(
        stackName,
      ),
    )
    .action(async (file: string | undefined, flags: PlanFlags) => {
      const { showPlan } = await import('../commands/plan.ts');
      await showPlan(file, flags);
    });
}

function stackName(value: string): string {
  const [project, stack] = value.split('/');
  if (projectAndStackOf(`urn:pulumi:${stack}::${project}`) === value) return value;
  throw new InvalidArgumentError('It has the form PROJECT/STACK, such as shop/dev.');
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
