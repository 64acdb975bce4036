// An error as the engine shows it: Pulumi prints the stack of what a provider throws, and ours are responds, not crashes.
import { isWeirError, type WeirError } from '../model/base/errors.ts';

/** Anything else than a WeirError is a fault of ours, and its stack says where. */
export function asShown(error: unknown, act: string): unknown {
  if (!isWeirError(error)) return error;
  const shown = new Error(shownMessage(error));
  // Beside the message, with the resource that it is about, Pulumi writes `${error}: ${error.stack}` under the stack's name.
  shown.toString = () => 'weir';
  shown.stack = `${act} failed (${error.code})`;
  return shown;
}

export function shownMessage({ code, message, requestId }: WeirError): string {
  return `${message} (${code}${requestId === undefined ? '' : `, request ${requestId}`})`;
}
