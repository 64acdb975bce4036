// Loaded into a runtime: kills the process with SIGKILL at one step of a take-over, right before or after a message.
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { Channel } from '../../../provider/runtime/handles/channel.ts';

/** Such as "before prepared" or "after state". */
const [when, type] = (process.env.WEIR_TEST_KILL ?? '').split(' ');

if (isMainThread && type !== undefined) {
  const { send } = Channel.prototype;
  Channel.prototype.send = function sendOrEnd(message, handle) {
    const isStep = (message as { type?: string }).type === type;
    if (isStep && when === 'before') process.kill(process.pid, 'SIGKILL');
    send.call(this, message, handle);
    if (isStep && when === 'after') process.kill(process.pid, 'SIGKILL');
  };
}
