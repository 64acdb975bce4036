// Builds one Go command from a module whose go.sum pins every source, for when only package registries can be reached.

import { renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exec } from './exec.mjs';
import { step } from './progress.mjs';

/**
 * Builds a Go command. The output file appears only when the build has succeeded.
 * @param {object} build
 * @param {string} build.title
 * @param {string} build.go the go command
 * @param {string} build.module a folder beside this file, with go.mod and go.sum
 * @param {string} build.package the package of the command
 * @param {Record<string, string>} [build.define] string variables of the program, by full name
 * @param {string} build.output the finished binary
 */
export async function goBuild({ title, go, module, package: name, define = {}, output }) {
  // The name of the temporary file contains the pid, because a build that outlived its killed run.mjs may still be
  // writing to its own file.
  const temporary = `${output}.${process.pid}.tmp`;
  const ldflags = ['-s', '-w', ...Object.entries(define).map(([key, value]) => `-X ${key}=${value}`)].join(' ');
  // -v names each compiled package, which is the only progress that `go build` shows.
  const args = ['build', '-v', '-trimpath', '-mod=readonly', '-ldflags', ldflags, '-o', temporary, name];
  // The build is for this machine, whatever the user cross-compiles to, without a C compiler and outside the user's
  // workspaces.
  const env = { ...process.env, CGO_ENABLED: '0', GOOS: '', GOARCH: '', GOWORK: 'off' };
  let fetched = 0;
  let compiled = 0;
  try {
    await step(title, (update) =>
      exec(go, args, {
        cwd: fileURLToPath(new URL(`./${module}`, import.meta.url)),
        env,
        onLine(line) {
          if (line.startsWith('go: downloading ')) fetched++;
          else if (!line.startsWith('go: ')) compiled++;
          update(compiled === 0 ? `${fetched} modules fetched` : `${compiled} packages compiled, now ${line}`);
        },
      }),
    );
    // The rename makes the binary appear as a whole: other processes see either no binary or a finished one.
    renameSync(temporary, output);
  } finally {
    rmSync(temporary, { force: true });
  }
}
