// A minute of POSTs to one target from 1,000 ports, in a network namespace of its own, because the range of ports is a
// setting of the network.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type MeasureBound, milliseconds } from './bound.ts';
import { type FewPorts, PER_SECOND, SECONDS } from './few-ports-load.ts';
import { undisturbed } from './onlookers.ts';

const PORTS = [50_000, 50_999] as const;
/** Linux would use a port in TIME_WAIT again at once, but only on the loopback network. */
const SETTINGS = { ip_local_port_range: PORTS.join(' '), tcp_tw_reuse: '0' };
/** A machine that cannot keep to the rate measures something else. */
const MIN_SHARE = 0.95;
const LOAD = new URL('few-ports-load.ts', import.meta.url).pathname;

export const measureFewPorts: MeasureBound = async ({ programs, cleanUp, signal }) => {
  const set = Object.entries(SETTINGS).map(([name, value]) => `echo ${value} > /proc/sys/net/ipv4/${name}`);
  const enter = ['ip link set lo up', ...set, 'exec "$0" "$@"'].join(' && ');
  const isRoot = process.geteuid?.() === 0;
  const namespace = ['--net', ...(isRoot ? [] : ['--user', '--map-root-user'])];
  const run = ['sh', '-c', enter, process.execPath, LOAD, programs.nginx];
  const child = spawn('unshare', [...namespace, ...run], { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const end = Promise.all([text(child.stdout), once(child, 'exit')]);
  cleanUp.after(async () => {
    child.kill();
    await end.catch(() => {});
  });
  const [output, [code]] = await end;
  if (code !== 0) throw new Error(`the load in a network namespace ended with ${code}`);
  const { posts, waiting, tookMs, lap }: FewPorts = JSON.parse(output);
  const { visits: sent, failures, longestMs } = posts;
  const perSecond = Math.round((sent * 1000) / tookMs);
  const due = SECONDS * PER_SECOND;
  const ports = PORTS[1] - PORTS[0] + 1;
  const what = `${due} POSTs, ${PER_SECOND} a second, from ${ports} ports`;
  return [
    {
      what: `${what}: failed requests, the most connections to the target in TIME_WAIT; rate, longest request`,
      bound: '0, 0',
      measured: `${failures.length}, ${waiting}; ${perSecond} a second, ${milliseconds(longestMs)}`,
      isMet: sent === due && failures.length === 0 && waiting === 0 && perSecond >= MIN_SHARE * PER_SECOND,
    },
    undisturbed(what, lap),
  ];
};
