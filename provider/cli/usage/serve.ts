// The options of `weir serve`.
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { networkAdvice } from '../../model/base/address-advice.ts';
import { isNetwork } from '../../model/base/networks.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../commands/log-choices.ts';
import type { ServeFlags } from '../commands/serve.ts';

const DEFAULT_API = '127.0.0.1:7400';

const MAX_ACK_SECONDS = 86_400;

export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs the load balancers and the API that manages them.')
    .option('--data <dir>', 'directory for objects, tokens and the lock', '.weir')
    .addOption(
      new Option('--api <host:port>', 'address of the API; port 0 picks a free port')
        .argParser(hostPort)
        .default(hostPort(DEFAULT_API), DEFAULT_API),
    )
    .option('--api-name <name>', 'host name under which the API is called; repeatable', apiName)
    .option('--api-cert <file>', 'PEM certificate of the API; SIGHUP reads it again')
    .option('--api-key <file>', 'PEM private key of the API')
    .option('--allow-plaintext', 'serve the API without TLS on an address that is not loopback')
    .option('--workers <n>', 'number of threads that carry traffic', positiveInteger, defaultWorkers())
    .addOption(
      new Option('--sockets <kind>', "what traffic is carried on: raw handles of libuv, or Node's own sockets")
        .choices(['raw', 'net'])
        .default('raw'),
    )
    .option('--ack-timeout <seconds>', 'how long a write waits for the data planes to serve it', ackSeconds, 10)
    .option(
      '--stop-timeout <seconds>',
      'how long requests and connections under way may go on after SIGTERM',
      numberFrom0,
      30,
    )
    .option('--vip-pool <cidr>', 'network from which load balancers without an address get one', '127.77.0.0/16')
    .option('--deny-targets <cidrs>', 'networks that targets may not be in, besides link-local; repeatable', networks)
    .option('--allow-targets <cidrs>', 'networks that targets may be in although they are denied; repeatable', networks)
    .option(
      '--key-file <file>',
      'key of stored secrets, created at first use (default: master-key in the data directory)',
    )
    .option('--access-log <file>', 'log of requests and connections as JSON lines; SIGHUP reopens it', logFile)
    .option('--access-log-sample <rate>', 'fraction of the lines to write, above 0 and at most 1', sampleRate)
    .addOption(
      new Option('--log-level <level>', "least level of lines in the runtime's log")
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addOption(
      new Option('--log-format <format>', "format of the runtime's log on the standard error")
        .choices(LOG_FORMATS)
        .default('json'),
    )
    .option('--take-over', 'take the sockets over from the runtime that runs in the data directory, if there is one')
    .option('--init', 'make a new runtime in a directory that has lost its database')
    .action(async (flags: ServeFlags) => {
      const { runServe } = await import('../commands/serve.ts');
      await runServe(flags);
    });
}

function defaultWorkers(): number {
  return process.platform === 'linux' ? availableParallelism() : 1;
}

function hostPort(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(?:\[?([^\]/]*?)\]?):(\d+)$/.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new InvalidArgumentError('It must be HOST:PORT, such as 127.0.0.1:7400.');
  return { host, port: Number(port) };
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function apiName(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[A-Za-z0-9._-]{1,253}$/.test(text)) throw new InvalidArgumentError('It must be a host name, without a port.');
  return [...before, text];
}

function networks(text: string, before: readonly string[] = []): readonly string[] {
  const given = text.split(',').map((each) => each.trim());
  const wrong = given.find((each) => !isNetwork(each));
  if (wrong === undefined) return [...before, ...given];
  throw new InvalidArgumentError(
    `${JSON.stringify(wrong)} is not a network such as 10.0.0.0/8 or fd00::/8${networkAdvice(wrong)}.`,
  );
}

function logFile(text: string): string {
  if (text === '' || text === '-') throw new InvalidArgumentError('It must be a file, such as /dev/stderr.');
  return text;
}

function sampleRate(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be a number above 0 and at most 1.');
  return value;
}

function numberFrom0(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 86_400))
    throw new InvalidArgumentError('It must be a number from 0 to 86400.');
  return value;
}

function ackSeconds(text: string): number {
  const value = Number(text);
  // A timer takes no more than 24 days, and fires at once if it is given more.
  if (!(value > 0 && value <= MAX_ACK_SECONDS)) {
    throw new InvalidArgumentError(`It must be a number of seconds above 0 and at most ${MAX_ACK_SECONDS}.`);
  }
  return value;
}
