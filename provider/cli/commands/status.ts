// `weir status`: shows as tables what a runtime serves.
import { connectClient } from '../../client/connect.ts';
import type { Reach } from '../../client/settings.ts';
import type { Health } from '../../model/base/health.ts';
import { type Filters, filteredPart, unknownTags, unknownValues, type WantedTag } from '../status/filters.ts';
import { Rates } from '../status/rates.ts';
import { cellsIn, Screen } from '../status/screen.ts';
import { countsText, viewOf, viewText } from '../status/view.ts';
import { watchStatus } from '../status/watch.ts';
import { print, tell } from './output.ts';

export interface StatusFlags extends Reach {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly listener?: readonly string[];
  readonly stack?: readonly string[];
  readonly health?: readonly Health[];
  readonly tag?: readonly WantedTag[];
}

export async function showStatus(flags: StatusFlags): Promise<void> {
  const { json = false, watch, listener = [], stack = [], health = [], tag = [], ...reach } = flags;
  const filters = { listeners: listener, stacks: stack, healths: health, tags: tag };
  if (watch) return runWatch(json, filters, reach);
  const client = await connectClient(reach);
  const whole = await client.status();
  const unknown = unknownValues(whole, filters);
  if (unknown.length > 0) throw new Error(unknown.join('; '));
  const status = filteredPart(whole, filters);
  if (!json) return print(viewText(viewOf(status, { whole, filters }), cellsIn(process.stdout)));
  for (const text of unknownTags(whole, filters)) tell(`${text}\n`);
  print(`${JSON.stringify(status, null, 2)}\n`);
}

/**
 * Shows the status again and again until Ctrl-C. With `isJson`, each status is one line, so that a program can read on.
 */
async function runWatch(isJson: boolean, filters: Filters, reach: Reach): Promise<void> {
  process.once('SIGINT', () => process.exit(0));
  const now = () => new Date().toTimeString().slice(0, 8);
  const rates = new Rates();
  let screen: Screen | undefined;
  let shownAt = '';
  let absence = '';
  await watchStatus({
    connect: () => connectClient(reach),
    signal: new AbortController().signal,
    show: (whole) => {
      const status = filteredPart(whole, filters);
      absence = '';
      if (isJson) return print(`${JSON.stringify(status)}\n`);
      rates.add(status, performance.now());
      const view = viewOf(status, { whole, filters, rates });
      shownAt = now();
      if (!process.stdout.isTTY) return print(`${viewText(view, undefined)}\n`);
      screen ??= openScreen();
      screen.show(`${shownAt}  ${countsText(status)}`, view);
    },
    showAbsence: ({ message }) => {
      rates.clear();
      if (screen !== undefined) {
        screen.showMessage(`${now()}  ${message} What follows is the status of ${shownAt}.`);
        return;
      }
      // The message of a failed attempt may equal the previous one.
      if (message === absence) return;
      absence = message;
      if (isJson) tell(`${message}\n`);
      else print(`${message}\n\n`);
    },
  });
}

function openScreen(): Screen {
  const screen = new Screen({ input: process.stdin, output: process.stdout, onQuit: () => process.exit(0) });
  screen.open();
  return screen;
}
