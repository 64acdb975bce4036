// The end of `up`: sends requests through every listener and draws each target's share beside its weight.
import { setTimeout as delay } from 'node:timers/promises';
import { styleText } from 'node:util';
import { type Paint, picture } from './picture.ts';
import type { DemoRecord } from './record.ts';
import { type ListenerStatus, listenersOf } from './runtime.ts';
import { sharesOf } from './shares.ts';
import { steps } from './steps.ts';
import { countResponses, sendsOf, type Tally } from './traffic.ts';

const HEALTH_MS = 15_000;
const POLL_MS = 100;

const COLOURS = { blue: 'blue', green: 'green', amber: 'yellow' } as const;

const paint: Paint = (name, text) =>
  Object.hasOwn(COLOURS, name) ? styleText(COLOURS[name as keyof typeof COLOURS], text) : text;

export async function showShares(record: DemoRecord): Promise<void> {
  let listeners: ListenerStatus[] = [];
  await steps([
    {
      title: 'Health checks',
      run: async () => {
        listeners = await checkedListeners(record);
        return describe(listeners);
      },
    },
  ]);
  const pictures: string[] = [];
  await steps(
    listeners.map((listener) => ({
      title: `${sendsOf(listener.endpoint)} to ${listener.endpoint}`,
      run: async () => {
        const tally: Tally = await countResponses(listener.endpoint);
        pictures.push(picture(listener.endpoint, sharesOf(listener.targets, tally), tally, paint));
        return 'responded';
      },
    })),
  );
  process.stdout.write(`\n${pictures.join('\n\n')}\n`);
}

/**
 * Waits until every target that should take traffic takes it, but not forever. Resolves to the listeners as they are
 * then.
 */
async function checkedListeners(record: DemoRecord): Promise<ListenerStatus[]> {
  for (const deadline = Date.now() + HEALTH_MS; ; await delay(POLL_MS)) {
    const listeners = (await listenersOf(record)).sort((one, other) => one.endpoint.localeCompare(other.endpoint));
    if (waiting(listeners) === 0 || Date.now() > deadline) return listeners;
  }
}

function describe(listeners: readonly ListenerStatus[]): string {
  if (listeners.length === 0) return 'the stack has no listener';
  const left = waiting(listeners);
  return left === 0 ? 'passed' : `${left} not passed after ${HEALTH_MS / 1000} s`;
}

function waiting(listeners: readonly ListenerStatus[]): number {
  const targets = listeners.flatMap((listener) => listener.targets);
  return targets.filter(({ weight, health }) => weight > 0 && (health === 'checking' || health === 'unhealthy')).length;
}
