// The debugger of Node, which a signal may have opened before the process had a handler for the signal.
import { close, url } from 'node:inspector';

const ASKED = /--inspect(-brk|-wait)?(=|\s|$)/;
/** Interval of the look for a debugger, which Node opens in another thread some time after the signal. */
const LOOK_MS = 100;

/** Keeps the debugger closed, unless the command line or NODE_OPTIONS asks for it. */
export function keepDebuggerClosed(): void {
  const isAsked = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => ASKED.test(option));
  if (isAsked) return;
  closeDebugger();
  setImmediate(closeDebugger);
  setInterval(closeDebugger, LOOK_MS).unref();
}

function closeDebugger(): void {
  if (url() !== undefined) close();
}
