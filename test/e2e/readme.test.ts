// What the README shows is what happens: its stack, the preview that it prints, and its pipeline.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { askHttp } from '../harness/backends/backends.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { ROOT } from '../harness/machine/tree.ts';
import { runPlan } from '../harness/plan/plan.ts';
import { until } from '../harness/runtime/runtime.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Lines without indentation, so that a README's block can be looked for in a terminal's text. */
function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** The first program of the README that has the text. */
function programWith(text: string): string {
  const programs = [...README.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program = '']) => program);
  const found = programs.find((program) => program.includes(text));
  assert.ok(found !== undefined, `the README has a program with ${text}`);
  return found;
}

/** The indented block that begins with the line. */
function block(firstLine: string): string {
  const from = README.indexOf(firstLine);
  assert.ok(from > 0, `the README has ${firstLine}`);
  const lines = README.slice(from).split('\n');
  const end = lines.findIndex((line, index) => index > 0 && line !== '' && !line.startsWith('    '));
  return trimmed(lines.slice(0, end).join('\n'));
}

test("the README's stack goes up, its previews read as printed, and its pipeline runs", async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const program = programWith('').replace('port: 8080', `port: ${port}`);
  assert.ok(program.trim().split('\n').length <= 22, 'a stack of about 20 lines');
  stack.write(program);
  await stack.up();

  const changed = program.replace('weight: 20', 'weight: 25');
  stack.write(changed);
  const preview = trimmed(await stack.done(['preview']));
  // The engine's own progress lines stand between the first and the second line of the block.
  for (const part of block('     ~  pulumi-nodejs').split('\nDiagnostics:'))
    assert.ok(preview.includes(part.trim()), preview);
  const diff = trimmed(await stack.done(['preview', '--diff']));
  assert.ok(diff.includes(block('          ~ targets   : {')), diff);

  const commands = [...README.matchAll(/^ {4}pulumi (preview|up|destroy) (-.*?)(?: +#.*)?$/gm)];
  assert.deepEqual(
    commands.map(([, command]) => command),
    ['preview', 'up', 'destroy'],
  );
  for (const [, command = '', line = ''] of commands) {
    const [flags = '', plan = ''] = line.split(' | npx weir plan ');
    const { code, stdout, text } = await stack.run([
      ...[command, ...flags.split(' ')],
      ...(command === 'preview' ? [] : ['--skip-preview']),
    ]);
    assert.equal(code, 0, text);
    if (command === 'preview') assert.match((await runPlan(stack, stdout, plan.split(' '))).stdout, /`b2`/);
  }
  assert.equal((await stack.resources()).size, 0);
});

test("the README's stack of protocols and rules serves HTTPS, and its rule takes what it says", async (t) => {
  const { stack, port, httpBackend } = await stackWorldOf(t);
  const backends = await Promise.all(['one', 'two', 'api'].map((name) => httpBackend(name)));
  const program = backends
    .reduce(
      (text, backend, index) => text.replace(`127.0.0.1:900${index + 1}`, `127.0.0.1:${backend.port}`),
      programWith('import * as fs'),
    )
    .replace('port: 8443', `port: ${port}`);
  stack.write(program);
  const pair = makePair(['shop.example.com']);
  writeFileSync(join(stack.directory, 'shop.crt'), pair.certificate);
  // Behind a newline, since what begins with a dash is an option.
  await stack.done(['config', 'set', '--secret', 'shopKey', `\n${pair.privateKey}`]);
  await stack.up();
  const ask = (path: string) => askHttp(port, 'shop.example.com', path, 'shop.example.com');
  await until('the rule begins', async () => (await ask('/api/carts')) === 'api' || undefined);
  assert.deepEqual([await ask('/'), await ask('/apix')].toSorted(), ['one', 'two']);
  await stack.destroy();
});

test("the README's servers, groups and components go up as they are written", async (t) => {
  for (const name of ['BackendServer', 'Service']) {
    const { stack, port } = await stackWorldOf(t);
    const written = programWith(`new weir.${name}(`);
    stack.write(written.replace(/port: (8080|9000)/, `port: ${port}`));
    await stack.up();
    await stack.destroy();
  }
});
