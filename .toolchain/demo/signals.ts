// Signals to the quick start: a signal ends it with nothing half made, or goes to Pulumi while Pulumi runs.
import { writeSync } from 'node:fs';
import { endBySignal, SIGNALS } from '../launch.mjs';
import { releaseAll } from '../lock.mjs';

type Handler = (signal: NodeJS.Signals) => void;

let handler: Handler = abandon;

export function listenToSignals(): void {
  for (const signal of SIGNALS) process.on(signal, (received) => handler(received));
}

export async function withSignals<T>(other: Handler, work: () => Promise<T>): Promise<T> {
  handler = other;
  try {
    return await work();
  } finally {
    handler = abandon;
  }
}

function abandon(signal: NodeJS.Signals): void {
  releaseAll();
  // The spinner hides the cursor and holds back writes to process.stdout. Therefore the cursor is shown again by a
  // direct write to the terminal.
  if (process.stdout.isTTY) writeSync(process.stdout.fd, '\x1b[?25h');
  endBySignal(signal);
}
