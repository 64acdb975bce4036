// The commands below `weir token` with their arguments and options.
import { Command, InvalidArgumentError } from 'commander';
import type { Reach } from '../../client/settings.ts';
import { json } from '../../model/base/json.ts';
import { readUserFile } from '../../model/base/user-file.ts';
import { ACTIONS, OBJECT_TYPES } from '../../model/permissions/actions.ts';
import type { Statement } from '../../model/permissions/statement.ts';
import { parseStatement } from '../../model/permissions/statement-text.ts';
import type { PruneFlags } from '../commands/prune.ts';
import type { CreateFlags, ListFlags } from '../commands/token.ts';
import { reachesRuntime } from './options.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function tokenCommand(): Command {
  return new Command('token')
    .description("Creates, lists and revokes tokens of a runtime, with the administrator's token.")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
    .addCommand(pruneCommand());
}

function createCommand(): Command {
  return reachesRuntime(new Command('create'))
    .description('Creates a token and writes it to standard output. It is not shown again.')
    .argument('<name>', 'name of the token in lists and errors')
    .option('--allow <statement>', 'permits "ACTIONS on RESOURCES", both comma-separated; repeatable', addStatement)
    .option(
      '--statements <file>',
      'file with more statements, as JSON: [{ "actions": [...], "resources": [...] }]',
      readStatements,
    )
    .option(
      '--owners <patterns>',
      'writes only for these owners, as "PROJECT/STACK", comma-separated; repeatable; either part may have "*"',
      addOwners,
    )
    .option('--expires <when>', 'expires after 30m, 12h, 30d or 4w, or at a time such as 2027-01-31T00:00:00Z', expiry)
    .option('--json', 'print the response of the API as JSON')
    .addHelpText('after', helpText())
    .action(async (name: string, flags: CreateFlags) => {
      const { createToken } = await import('../commands/token.ts');
      await createToken(name, flags);
    });
}

function listCommand(): Command {
  return reachesRuntime(new Command('list'))
    .description('Lists the tokens by id and name. Their texts are not shown.')
    .option('--json', 'print the response of the API as JSON')
    .action(async (flags: ListFlags) => {
      const { listTokens } = await import('../commands/token.ts');
      await listTokens(flags);
    });
}

function revokeCommand(): Command {
  return reachesRuntime(new Command('revoke'))
    .description('Revokes a token at once.')
    .argument('<id>', 'id of the token, as `weir token list` shows it')
    .action(async (id: string, reach: Reach) => {
      const { revokeToken } = await import('../commands/token.ts');
      await revokeToken(id, reach);
    });
}

function pruneCommand(): Command {
  return new Command('prune')
    .description("Removes the administrator's tokens in ~/.weir whose runtimes do not run.")
    .option('--all', 'also those of other machines, and those that do not say where their runtime is')
    .action(async (flags: PruneFlags) => {
      const { runPrune } = await import('../commands/prune.ts');
      runPrune(flags);
    });
}

function addStatement(text: string, before: Statement[] = []): Statement[] {
  const statement = parseStatement(text);
  if (statement === undefined) {
    throw new InvalidArgumentError('Write ACTIONS on RESOURCES, as in "slb:AddBackendServers on loadbalancer/web-*".');
  }
  return [...before, statement];
}

/** Adds comma-separated patterns of owners. Only the runtime checks them. */
function addOwners(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').map((part) => part.trim())];
}

/** The statements in a JSON file. Only the runtime checks their actions and resources. */
function readStatements(file: string): Statement[] {
  const statements = json(textOf(file));
  if (Array.isArray(statements)) return statements;
  throw new InvalidArgumentError('The file must contain a JSON list of statements.');
}

function textOf(file: string): string {
  try {
    return readUserFile(file, 'The file');
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

function expiry(text: string): string {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const ms = UNIT_MS[unit];
  if (ms !== undefined) return new Date(Date.now() + Number(count) * ms).toISOString();
  // The runtime checks the time in full.
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('It must be a duration such as 30d or 12h, or a time such as 2027-01-31T00:00:00Z.');
}

function helpText(): string {
  const width = Math.max(...Object.keys(ACTIONS).map((action) => action.length));
  const actions = Object.entries(ACTIONS).map(([action, permits]) => `  ${action.padEnd(width)}  ${permits}`);
  const types = Object.entries(OBJECT_TYPES).map(
    ([type, what]) => `${type}/ID${what === undefined ? '' : ` (${what})`}`,
  );
  return `
Resources, of which each line is one type:
${types.map((type) => `  ${type}`).join('\n')}
  runtime
To create an object, a token needs the action on the object above it, such as slb:CreateRule on the listener or its
load balancer. To bind servers, it needs the action on each instance too. In actions and resources, "*" stands for any
text and "?" for one character.

Actions:
${actions.join('\n')}

Examples:
  weir token create ci --allow "slb:* on loadbalancer/web-*,instance/*" --expires 90d
  weir token create dashboard --allow "slb:Describe* on *"
  weir token create as-1 --allow "slb:AttachInstances on scalinggroup/workers-*,instance/as-1" \\
    --allow "slb:DetachInstances on scalinggroup/workers-*"
  weir token create cart --owners "shop/*" --allow "slb:CreateRule on listener/http-*" --allow "slb:* on rule/cart-*"`;
}
