// The debugger of Node, which a signal may have opened before the process had a handler for the signal.
import { close, url } from 'node:inspector';

const ASKED = /--inspect(-brk|-wait)?(=|\s|$)/;

/** Closes the debugger, unless the command line or NODE_OPTIONS asks for it. */
export function closeUnaskedDebugger(): void {
  const isAsked = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => ASKED.test(option));
  if (url() !== undefined && !isAsked) close();
}
