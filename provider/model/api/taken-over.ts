// Errors of requests that reach a process while another one takes over from it, or when it has.
import { WeirError } from '../base/errors.ts';

export function beingTakenOver(): WeirError {
  return new WeirError('SystemBusy', 'Another process is taking the runtime over. Send the request again.');
}

export function takenOver(): WeirError {
  return new WeirError('SystemBusy', 'Another process has taken the runtime over. The same request reaches it.');
}
