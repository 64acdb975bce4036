// Errors as the engine shows them: Pulumi prints a thrown error's stack, which helps only if the provider has a bug.
import { isWeirError, type WeirError } from '../model/base/errors.ts';
import { inOneLine } from '../model/base/one-line.ts';

/** A WeirError without its stack. Any other error is a bug in the provider, and its stack says where. */
export function asShown(error: unknown, act: string): unknown {
  if (!isWeirError(error)) return error;
  const shown = new Error(shownMessage(error));
  // Pulumi shows the message with its resource, and also writes `${error}: ${error.stack}` under the stack's name. The
  // two lines below shorten that second text.
  shown.toString = () => 'weir';
  shown.stack = `${act} failed (${error.code})`;
  return shown;
}

export function shownMessage({ code, message, requestId }: WeirError): string {
  return inOneLine(`${message} (${code}${requestId === undefined ? '' : `, request ${requestId}`})`);
}
