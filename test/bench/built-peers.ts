// HAProxy and nginx in versions newer than those of an older Debian: built from the sources of a newer one.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../.toolchain/cache.mjs';

/** The Debian release whose sources are built. */
const RELEASE = 'trixie';
/** Packages that the builds need. */
export const BUILD_PACKAGES = ['dpkg-dev', 'gcc', 'make', 'libc6-dev', 'libssl-dev', 'libpcre2-dev', 'zlib1g-dev'];

type BuiltPeer = 'haproxy' | 'nginx';

/** How each program is built in the folder of its sources, and where the program is then. */
const BUILDS: Readonly<Record<BuiltPeer, { commands: readonly (readonly string[])[]; program: string }>> = {
  haproxy: { commands: [['make', '-j2', 'TARGET=linux-glibc', 'USE_OPENSSL=1']], program: 'haproxy' },
  nginx: {
    commands: [
      ['./configure', '--prefix=.', '--with-cc-opt=-O2', '--with-http_ssl_module', '--with-stream', '--with-threads'],
      ['make', '-j2'],
    ],
    program: 'objs/nginx',
  },
};

/** Returns the path of a program that was built. Returns `undefined` if there is none. */
export function builtPeer(peer: BuiltPeer): string | undefined {
  const path = join(folder(), peer);
  return existsSync(path) ? path : undefined;
}

/** Builds the programs that were not built yet. Throws if their sources cannot be had. */
export function buildPeers(): void {
  for (const peer of ['haproxy', 'nginx'] as const) if (builtPeer(peer) === undefined) build(peer);
}

function folder(): string {
  return join(cacheFolder(process.env), `peers-${RELEASE}`);
}

/** Builds in a temporary folder; apt-get verifies the sources, from package lists that only this build uses. */
function build(peer: BuiltPeer): void {
  const work = mkdtempSync(join(tmpdir(), `weir-${peer}-`));
  try {
    const lists = join(work, 'lists');
    mkdirSync(join(lists, 'partial'), { recursive: true });
    writeFileSync(join(work, 'sources.list'), `deb-src ${mirror()} ${RELEASE} main\n`);
    const settings = [
      `Dir::Etc::sourcelist=${work}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
      `Dir::State::lists=${lists}`,
      'APT::Sandbox::User=root',
    ].flatMap((setting) => ['-o', setting]);
    run(work, 'apt-get', [...settings, '-qq', 'update']);
    run(work, 'apt-get', [...settings, '-qq', 'source', '--tar-only', peer]);
    const archive = readdirSync(work).find((name) => name.endsWith('.orig.tar.gz'));
    if (archive === undefined) throw new Error(`there are no sources of ${peer}`);
    run(work, 'tar', ['-xzf', archive]);
    const sources = readdirSync(work).find((name) => name.startsWith(`${peer}-`)) ?? '';
    const { commands, program } = BUILDS[peer];
    for (const [command = '', ...args] of commands) run(join(work, sources), command, args);
    mkdirSync(folder(), { recursive: true });
    const unfinished = join(folder(), `${peer}.${process.pid}`);
    run(work, 'cp', [join(work, sources, program), unfinished]);
    renameSync(unfinished, join(folder(), peer));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Returns the address of the Debian archive from which this machine installs its packages. */
function mirror(): string {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)';
  const lines = execFileSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' });
  const address = /^Debian\|Debian\|(\S+)$/m.exec(lines)?.[1];
  if (address === undefined) throw new Error('this machine has no Debian archive');
  return address;
}

function run(cwd: string, command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
