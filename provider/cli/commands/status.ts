// `weir status`: shows as tables what a runtime serves.
import { Command } from 'commander';
import { connectClient } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import type { StatusResponse } from '../../model/api/status.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import { targetKey } from '../../model/base/target-key.ts';
import { reachesRuntime } from './options.ts';
import { print, tell } from './output.ts';
import { showOn } from './screen.ts';
import { textTable } from './table.ts';
import { taggedPart, type WantedTag, wantedTag } from './tagged.ts';
import { watchStatus } from './watch.ts';

interface StatusFlags extends Reach {
  json?: boolean;
  watch?: boolean;
  tag?: WantedTag[];
}

export function statusCommand(): Command {
  return reachesRuntime(new Command('status'))
    .description('Shows listeners, targets and workers of a runtime.')
    .option('--json', 'print the response of the API as JSON')
    .option('--watch', 'show the status at each event and at least every 2 s, until Ctrl-C')
    .option('--tag <NAME[=VALUE]>', 'show only what has the tag; of several such options, what has all', wantedTag)
    .action(async ({ json = false, watch, tag = [], ...reach }: StatusFlags) => {
      if (watch) return runWatch(json, tag, reach);
      const client = await connectClient(reach);
      const status = taggedPart(await client.status(), tag);
      print(json ? `${JSON.stringify(status, null, 2)}\n` : render(status, tag));
    });
}

/**
 * Shows the status again and again until Ctrl-C. With `isJson`, each status is one line, so that a program can read on.
 */
async function runWatch(isJson: boolean, tags: readonly WantedTag[], reach: Reach): Promise<void> {
  process.once('SIGINT', () => process.exit(0));
  // A program that reads only the beginning of the output, such as `head`, has closed standard output.
  process.stdout.on('error', () => process.exit(0));
  const now = () => new Date().toTimeString().slice(0, 8);
  let last = '';
  let absence = '';
  await watchStatus({
    connect: () => connectClient(reach),
    signal: new AbortController().signal,
    show: (whole) => {
      const status = taggedPart(whole, tags);
      absence = '';
      if (isJson) {
        print(`${JSON.stringify(status)}\n`);
        return;
      }
      last = render(status, tags);
      showOn(process.stdout, `${now()}  ${last}`);
    },
    showAbsence: ({ message }) => {
      // The message of a failed attempt may equal the previous one. Only a terminal shows it again, with the time of
      // the attempt.
      if (message === absence && !process.stdout.isTTY) return;
      absence = message;
      if (isJson) tell(`${message}\n`);
      // On a terminal, the last known status stays visible below the message.
      else showOn(process.stdout, `${now()}  ${message}\n${process.stdout.isTTY ? `\nBefore that:\n${last}` : ''}`);
    },
  });
}

function render(
  { version, engines, shortages = [], workers, listeners }: StatusResponse,
  tags: readonly WantedTag[],
): string {
  const lines = engines.map(({ name, acked, lastError }) =>
    inOneLine(`version ${version}, served by ${name}: ${acked}${lastError === null ? '' : ` (${lastError})`}`),
  );
  for (const { resource, count, lastError, lastAt } of shortages) {
    lines.push(inOneLine(`short of ${resource}: ${count} times, last ${sinceOf(lastAt)} ago (${lastError})`));
  }
  lines.push(
    textTable(
      ['worker', 'version', 'connections', 'restarts'],
      workers.map((w) => [w.id, w.version, w.connections, w.restarts]),
    ),
  );
  const omitted = listeners.flatMap(({ targets }) => targets).filter(({ areTagsOmitted }) => areTagsOmitted).length;
  if (tags.length > 0 && omitted > 0) lines.push(`The response has no room for the tags of ${omitted} targets.`);
  if (listeners.length === 0) lines.push(tags.length > 0 ? 'Nothing has these tags.' : 'No listeners yet.');
  for (const listener of listeners) {
    const problem = listener.lastError ? `  ${listener.lastError}` : '';
    const waits = listener.isWaiting ? '  waits: another listener serves this endpoint' : '';
    lines.push('', inOneLine(`${listener.id}  ${listener.endpoint}${waits}${problem}`));
    const hasRules = listener.targets.some(({ rule }) => rule !== undefined);
    const rows = listener.targets.map((target) => [
      ...(hasRules ? [target.rule ?? ''] : []),
      target.name,
      targetKey(target.address, target.port),
      target.weight,
      // The last error of an ineligible target already gives the reason.
      target.health === 'ineligible' ? target.health : (target.reason ?? target.health),
      sinceOf(target.history[0]?.at),
      target.requests,
      target.activeConnections,
      target.draining,
      target.lastError ?? '',
    ]);
    const head = [
      ...(hasRules ? ['rule'] : []),
      'target',
      'address',
      'weight',
      'health',
      'since',
      'requests',
      'active',
      'draining',
      'last error',
    ];
    lines.push(rows.length === 0 ? 'no targets' : textTable(head, rows));
  }
  return `${lines.join('\n')}\n`;
}

/** The time since `at` in its largest whole unit, such as "3 min". Returns an empty text if `at` is `undefined`. */
function sinceOf(at: string | undefined): string {
  if (at === undefined) return '';
  const seconds = Math.max(0, (Date.now() - Date.parse(at)) / 1000);
  const [size, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];
