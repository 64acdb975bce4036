// The stack of a plan, in its marker and in its heading, also if there is no plan.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFailure } from '../../../../provider/cli/plan/failure.ts';
import { headingOf, stackIn } from '../../../../provider/cli/plan/heading.ts';
import { FailedPreview, parsePreview } from '../../../../provider/cli/plan/preview.ts';
import { lb, previewText, web } from '../../../harness/plan/preview-json.ts';

test('a preview names its stack in its steps, in its events, in its diagnostics, and if it is cut off', () => {
  const urn = 'urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev';
  const event = { sequence: 0, resourcePreEvent: { metadata: { op: 'create', urn, old: null, new: null } } };
  for (const text of [
    previewText([lb, web]),
    previewText([lb, web]).slice(0, -9),
    JSON.stringify(JSON.parse(previewText([lb, web])), null, 4),
    `{"sequence":0,"preludeEvent":{"config":{}}}\n${JSON.stringify(event)}\n`,
    JSON.stringify({ diagnostics: [{ urn, message: 'error: "urn":"urn:pulumi:prod::shop::a"', severity: 'error' }] }),
  ]) {
    assert.equal(stackIn(text), 'shop/dev', text);
  }
  const other = { message: '"urn":"urn:pulumi:prod::shop::a"', severity: 'error' };
  for (const text of ['', 'error: no stack selected', JSON.stringify({ diagnostics: [other] })]) {
    assert.equal(stackIn(text), undefined, text);
  }
});

test('the first line is a marker that names the stack, and no name of a stack or text of a message can forge it', () => {
  assert.deepEqual(headingOf('shop/dev'), ['<!-- weir plan shop/dev -->', '## Weir plan of `shop/dev`']);
  const forged = JSON.parse(previewText([lb]).replaceAll('dev::', 'a --> <!-- weir plan shop/dev -->::'));
  assert.deepEqual(headingOf(stackIn(JSON.stringify(forged))), ['<!-- weir plan -->', '## Weir plan']);
  const hostile = 'x</pre>\n\n<!-- weir plan shop/prod -->\n```\n# head &amp; @team\u202e';
  const text = renderFailure(new FailedPreview([hostile]), 'shop/dev');
  assert.equal(text.split('<!--').length, 2, text);
  assert.equal(text.split('</pre>').length, 2, text);
  assert.match(text, /&#38;amp; @team\\u202e\n<\/pre>\n$/);
});

test('a failed preview gives a text that says so, with the messages of the engine, and fits into a comment', () => {
  const diagnostics = ['one', 'two'].map((word) => ({ message: `error: ${word}\n`, severity: 'error' }));
  const failed = (messages: object[]) => {
    try {
      return String(parsePreview(previewText([lb], [], { diagnostics: messages })));
    } catch (error) {
      return renderFailure(error, 'shop/dev');
    }
  };
  assert.equal(
    failed(diagnostics),
    '<!-- weir plan shop/dev -->\n\n## Weir plan of `shop/dev`\n\n> [!CAUTION]\n' +
      '> The preview failed, so there is no plan.\n\n<pre>\nerror: one\n\nerror: two\n</pre>\n',
  );
  const long = failed([{ message: '<'.repeat(10_001), severity: 'error' }]);
  assert.match(long, /\n\n\.\.\. and 1 more character\n$/);
  assert.ok(long.length < 65_536, `${long.length}`);
  assert.match(
    renderFailure(new Error('no runtime'), undefined),
    /There is no plan, because of an error\.\n\n<pre>\nno runtime\n/,
  );
});
