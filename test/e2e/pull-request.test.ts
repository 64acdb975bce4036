// The example workflow for pull requests: its `run` steps in sequence, with a real runtime and the real CLI.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { freePort } from '../harness/backends/backends.ts';
import { ROOT } from '../harness/machine/tree.ts';
import { RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import { npmInstall, PULUMI_VERSION, packWeir, pathOfUser, writeManifest } from '../harness/stack/packed.ts';
import { webProgram } from '../harness/stack/programs.ts';
import { Stack } from '../harness/stack/stack.ts';

const env = z.record(z.string(), z.string()).default({});
const workflow = z
  .object({
    env,
    jobs: z.record(
      z.string(),
      z.object({ steps: z.array(z.object({ name: z.string().optional(), run: z.string().optional(), env })) }),
    ),
  })
  .parse(parse(readFileSync(join(ROOT, 'examples/pull-request.yml'), 'utf8')));

/** Script that replaces GitHub's command `gh`: the script writes the comment on the pull request to a file. */
const GH = `#!/bin/sh
test "$*" = 'pr comment 7 --edit-last --create-if-none --body-file plan.md' && cp plan.md comment.md
`;

test('the workflow comments the plan on the pull request, passes or fails by it, and `up` on main applies it', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const [directory, programs] = [temporaryDirectory(t), temporaryDirectory(t)];
  writeFileSync(join(programs, 'gh'), GH);
  chmodSync(join(programs, 'gh'), 0o755);
  writeManifest(directory, { 'pulumi-weir': `file:${packWeir(t)}`, '@pulumi/pulumi': PULUMI_VERSION });
  npmInstall(directory, '--package-lock-only');
  const stack = await Stack.at(t, directory, '', runtime);

  /** Values of the expressions in the workflow. The test fails at an expression without a value. */
  const values: Record<string, string> = {
    'vars.PULUMI_BACKEND_URL': stack.environment.PULUMI_BACKEND_URL ?? '',
    'vars.PULUMI_STACK': 'dev',
    'secrets.PULUMI_CONFIG_PASSPHRASE': stack.environment.PULUMI_CONFIG_PASSPHRASE ?? '',
    'secrets.WEIR_TOKEN': runtime.token,
    'github.token': 'none',
    'github.event.pull_request.number': '7',
  };
  const resolved = (variables: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(variables).map(([name, text]) => [
        name,
        text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression) => {
          assert.ok(expression in values, `the test has no value for ${expression}`);
          return values[expression] ?? '';
        }),
      ]),
    );
  /**
   * Runs each step of a CI job in a shell of its own, as a runner does, until a step fails. Returns the failed step
   * with its exit code, or `undefined` if all steps succeed.
   */
  const runJob = async (name: string) => {
    for (const step of workflow.jobs[name]?.steps ?? []) {
      // In a real pipeline, each job installs on a new machine. Here all jobs share a folder: the first installs.
      if (step.run === undefined || (step.name === 'Install' && existsSync(join(directory, 'node_modules')))) continue;
      const environment = {
        ...process.env,
        HOME: stack.environment.HOME,
        WEIR_ENDPOINT: '',
        PATH: `${programs}${delimiter}${pathOfUser()}`,
        npm_config_prefer_offline: 'true',
        ...resolved({ ...workflow.env, ...step.env }),
      };
      const { code, stderr } = await bash(step.run, directory, environment);
      if (code !== 0) return { step: step.name, code, stderr };
    }
    return undefined;
  };
  const comment = () => {
    const path = join(directory, 'comment.md');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    rmSync(path, { force: true });
    return text;
  };

  const port = await freePort();
  const weights = (b1: number, b2: number) =>
    webProgram({
      port,
      targets: { b1: { address: '127.0.0.1', port: 1, weight: b1 }, b2: { address: '127.0.0.1', port: 2, weight: b2 } },
    });
  stack.write(weights(50, 50));
  assert.equal(await runJob('up'), undefined);

  assert.equal(await runJob('plan'), undefined);
  assert.match(comment() ?? '', /Nothing changes\./);

  stack.write(weights(50, 25));
  assert.equal(await runJob('plan'), undefined);
  assert.match(comment() ?? '', /- weight `b2` `50`→`25`/);
  assert.equal(await runJob('up'), undefined);
  const [pool] = (await runtime.done('GET', '/v1/attachments')).items;
  assert.equal(pool.targets.b2.weight, 25);

  stack.write(weights(0, 0));
  const stopped = await runJob('plan');
  assert.deepEqual([stopped?.step, stopped?.code], ['Gate', 2]);
  assert.match(comment() ?? '', /\*\*no-target\*\*/);

  stack.write(weights(0, 101));
  const failed = await runJob('plan');
  assert.deepEqual([failed?.step, failed?.code], ['Plan', 1]);
  assert.match(failed?.stderr ?? '', /targets\.b2\.weight must be from 0 to 100/);
  assert.equal(comment(), undefined);
});

function bash(script: string, cwd: string, environment: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; stderr: string }>((resolve) => {
    const child = execFile('bash', ['-e', '-c', script], { cwd, env: environment }, (_error, _stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stderr });
    });
  });
}
