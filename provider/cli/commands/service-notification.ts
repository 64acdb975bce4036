// The word to systemd that a service is ready.
import { execFile } from 'node:child_process';

/** Tells systemd that the service is ready, and that this process is its main one. Does nothing without systemd. */
export function notifyService(onError: (error: Error) => void): void {
  if ((process.env.NOTIFY_SOCKET ?? '') === '') return;
  execFile('systemd-notify', ['--ready', `--pid=${process.pid}`], (error) => {
    if (error) onError(error);
  });
}
