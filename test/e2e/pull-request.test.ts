// The example workflow for pull requests: its steps in sequence, for two stacks, with a real runtime and the real CLI.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
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
const rowSchema = z.strictObject({ folder: z.string(), project: z.string(), stack: z.string() });
const workflow = z
  .object({
    env,
    jobs: z.record(
      z.string(),
      z.object({
        strategy: z.object({ matrix: z.object({ include: z.array(rowSchema) }) }),
        env,
        defaults: z.object({ run: z.object({ 'working-directory': z.string() }) }),
        steps: z.array(
          z.object({
            id: z.string().optional(),
            name: z.string().optional(),
            if: z.string().optional(),
            run: z.string().optional(),
            with: z.object({ script: z.string().optional() }).optional(),
            env,
          }),
        ),
      }),
    ),
  })
  .parse(parse(readFileSync(join(ROOT, 'examples/pull-request.yml'), 'utf8')));

type Row = z.infer<typeof rowSchema>;

interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}

/** The part of GitHub's API that the workflow uses, with the comments of one pull request. */
function fakeGitHub(comments: Comment[]) {
  const repo = { owner: 'acme', repo: 'shop' };
  const issue = { ...repo, issue_number: 7 };
  const listComments = () => comments;
  const createComment = ({ body, ...of }: { body: string }) => {
    assert.deepEqual(of, issue);
    comments.push({ id: comments.length, user: { login: 'github-actions[bot]' }, body });
  };
  const updateComment = ({ body, comment_id, ...of }: { body: string; comment_id: number }) => {
    assert.deepEqual(of, repo);
    (comments.find(({ id }) => id === comment_id) as Comment).body = body;
  };
  const paginate = (list: () => Comment[], of: object) => {
    assert.deepEqual(of, issue);
    return list();
  };
  const github = { paginate, rest: { issues: { listComments, createComment, updateComment } } };
  return { github, context: { repo, issue: { number: 7 } } };
}

/** Runs the script of actions/github-script, with what that action passes to it. */
async function runScript(script: string, scope: Record<string, unknown>): Promise<void> {
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(scope), script)(...Object.values(scope));
}

test('the workflow comments the plan of each stack on the pull request, passes or fails by it, and `up` on main applies it', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const [directory, state] = [temporaryDirectory(t), temporaryDirectory(t)];
  writeManifest(directory, { 'pulumi-weir': `file:${packWeir(t)}`, '@pulumi/pulumi': PULUMI_VERSION });
  npmInstall(directory, '--package-lock-only');
  const rows = workflow.jobs.plan?.strategy.matrix.include ?? [];
  assert.deepEqual(workflow.jobs.up?.strategy.matrix.include, rows);
  const [platform, application] = rows as [Row, Row];
  const stackOf = async ({ folder, project }: Row) => {
    const at = join(directory, folder);
    mkdirSync(at);
    const node = 'runtime: { name: nodejs, options: { typescript: false } }';
    writeFileSync(join(at, 'Pulumi.yaml'), `name: ${project}\nmain: index.ts\n${node}\n`);
    return Stack.of(t, at, runtime, state);
  };
  const [below, above] = [await stackOf(platform), await stackOf(application)];
  const weights = async (stack: Stack) => {
    const port = await freePort();
    return (b1: number, b2: number) => {
      const target = (number: number, weight: number) => ({ address: '127.0.0.1', port: number, weight });
      stack.write(webProgram({ port, targets: { b1: target(1, b1), b2: target(2, b2) } }));
    };
  };
  const [setBelow, setAbove] = [await weights(below), await weights(above)];

  /** Values of the expressions in the workflow. The test fails at an expression without a value. */
  const values: Record<string, string> = {
    'vars.PULUMI_BACKEND_URL': below.environment.PULUMI_BACKEND_URL ?? '',
    'secrets.PULUMI_CONFIG_PASSPHRASE': below.environment.PULUMI_CONFIG_PASSPHRASE ?? '',
    'secrets.WEIR_TOKEN': runtime.token,
    'github.workspace': directory,
  };
  const resolved = (text: string, { folder, project, stack }: Row) => {
    const all: Record<string, string> = {
      ...values,
      'matrix.folder': folder,
      'matrix.project': project,
      'matrix.stack': stack,
    };
    return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression) => {
      assert.ok(expression in all, `the test has no value for ${expression}`);
      return all[expression] ?? '';
    });
  };
  const comments: Comment[] = [];
  /**
   * Runs the steps of a CI job for one row of its matrix, each in a shell of its own, as a runner does. Returns the failed
   * steps with their exit codes.
   */
  const runJob = async (name: string, row: Row) => {
    const job = workflow.jobs[name];
    assert.ok(job);
    const steps: Record<string, { outcome: string }> = {};
    const failed: { step: string | undefined; code: number; stderr: string }[] = [];
    for (const step of job.steps) {
      // In a real pipeline, each job installs on a new machine. Here all jobs share a folder: the first installs.
      if (step.name === 'Install' && existsSync(join(directory, 'node_modules'))) continue;
      const condition = /^\$\{\{ (.*) \}\}$/.exec(step.if ?? '')?.[1];
      const isRun =
        condition === undefined
          ? failed.length === 0
          : new Function('steps', 'cancelled', `return ${condition}`)(steps, () => false);
      if (step.id !== undefined) steps[step.id] = { outcome: isRun ? 'run' : 'skipped' };
      if (!isRun) continue;
      const own = Object.entries({ ...workflow.env, ...job.env, ...step.env });
      const environment = {
        ...process.env,
        HOME: state,
        WEIR_ENDPOINT: '',
        PATH: pathOfUser(),
        npm_config_prefer_offline: 'true',
        ...Object.fromEntries(own.map(([variable, text]) => [variable, resolved(text, row)])),
      };
      const { script } = step.with ?? {};
      if (script !== undefined) {
        const require = createRequire(import.meta.url);
        await runScript(script, { ...fakeGitHub(comments), require, process: { env: environment } });
      }
      if (step.run === undefined) continue;
      const folder = resolved(job.defaults.run['working-directory'], row);
      const { code, stderr } = await bash(step.run, join(directory, folder), environment);
      if (code !== 0) failed.push({ step: step.name, code, stderr });
    }
    return failed;
  };
  const failedSteps = async (row: Row) => (await runJob('plan', row)).map(({ step, code }) => [step, code]);
  const last = () => comments.at(-1)?.body ?? '';

  setBelow(50, 50);
  setAbove(50, 50);
  for (const row of rows) assert.deepEqual(await runJob('up', row), []);

  // Comments of others are never changed, also if they begin with the marker of a stack.
  const foreign = { id: 0, user: { login: 'mallory' }, body: '<!-- weir plan weir-application/dev -->\n\nLooks good.' };
  comments.push({ ...foreign });
  for (const row of rows) assert.deepEqual(await runJob('plan', row), []);
  assert.deepEqual(comments[0], foreign);
  for (const [index, project] of ['weir-platform', 'weir-application'].entries()) {
    const heading = `<!-- weir plan ${project}/dev -->\n\n## Weir plan of \`${project}/dev\`\n\nNothing changes.\n`;
    assert.equal(comments[index + 1]?.body, heading);
  }

  setAbove(50, 25);
  assert.deepEqual(await runJob('plan', application), []);
  assert.match(last(), /- weight `b2` `50`→`25`/);
  assert.match(last(), /^\| `b2` .* \| (checking|unhealthy) \|$/m);
  assert.deepEqual(await runJob('up', application), []);
  const pools = (await runtime.done('GET', '/v1/attachments')).items;
  assert.deepEqual(
    pools.map(({ targets }: { targets: { b2: { weight: number } } }) => targets.b2.weight).sort(),
    [25, 50],
  );

  setAbove(0, 0);
  assert.deepEqual(await failedSteps(application), [['Plan', 2]]);
  assert.match(last(), /\*\*no-target\*\*/);

  setAbove(0, 101);
  assert.deepEqual(await failedSteps(application), [
    ['Preview', 1],
    ['Plan', 1],
  ]);
  assert.match(
    last(),
    /The preview failed, so there is no plan\.\n\n<pre>\n.*targets\.b2\.weight must be from 0 to 100/,
  );

  const passphrase = values['secrets.PULUMI_CONFIG_PASSPHRASE'] ?? '';
  values['secrets.PULUMI_CONFIG_PASSPHRASE'] = 'another one';
  const [early] = await runJob('plan', application);
  assert.match(early?.stderr ?? '', /incorrect passphrase/);
  assert.match(last(), /The preview failed, so there is no plan\.\n\n<pre>\nerror: .*incorrect passphrase\n<\/pre>\n$/);

  values['secrets.PULUMI_CONFIG_PASSPHRASE'] = passphrase;
  setAbove(50, 25);
  assert.deepEqual(await runJob('plan', application), []);
  assert.match(last(), /^<!-- weir plan weir-application\/dev -->\n\n.*\n\nNothing changes\.\n$/);
  assert.match(comments[1]?.body ?? '', /^<!-- weir plan weir-platform\/dev -->\n\n.*\n\nNothing changes\.\n$/);
  assert.equal(comments.length, 3);
});

function bash(script: string, cwd: string, environment: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; stderr: string }>((resolve) => {
    const child = execFile('bash', ['-e', '-c', script], { cwd, env: environment }, (_error, _stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stderr });
    });
  });
}
