// Outputs of Pulumi's command line that are a preview, and those that are refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePreview } from '../../../../provider/cli/plan/preview.ts';
import { lb, previewText, previewUrnOf, web } from '../../../harness/plan/preview-json.ts';

const state = { type: 'pulumi-nodejs:dynamic/weir:LoadBalancer', urn: previewUrnOf(lb), inputs: {}, outputs: {} };

/** The preview as a stream of JSON events. */
const STREAM = [
  { sequence: 0, preludeEvent: { config: { 'weir:endpoint': 'http://127.0.0.1:1' } } },
  { sequence: 1, diagnosticEvent: { message: 'loading', severity: 'debug' } },
  {
    sequence: 2,
    resourcePreEvent: { metadata: { op: 'create', urn: previewUrnOf(lb), old: null, new: { ...state, id: '' } } },
  },
  {
    sequence: 3,
    resOutputsEvent: { metadata: { op: 'create', urn: previewUrnOf(lb), old: null, new: { ...state, id: '' } } },
  },
  { sequence: 4, summaryEvent: { resourceChanges: { create: 1 }, result: 'succeeded' } },
];

function stream(events: readonly object[]): string {
  return `${events.map((event) => JSON.stringify(event)).join('\n')}\n`;
}

test('a stream of events is a preview without dependencies, and without ids that do not exist yet', () => {
  const { config, steps, hasDependencies } = parsePreview(stream(STREAM));
  assert.deepEqual(config, { 'weir:endpoint': 'http://127.0.0.1:1' });
  assert.deepEqual(
    steps.map(({ op, urn, old, new: next }) => [op, urn, old, next?.id]),
    [['create', previewUrnOf(lb), undefined, undefined]],
  );
  assert.equal(hasDependencies, false);
  assert.equal(parsePreview(previewText([lb])).hasDependencies, true);
});

test('a preview that failed is an error with the message of the engine', () => {
  const diagnostics = [
    { message: 'info: all is well\n', severity: 'info' },
    { message: "error: resource 'pool' has a problem\n", severity: 'error' },
  ];
  const failed = /^the preview failed:\nerror: resource 'pool' has a problem$/;
  assert.throws(() => parsePreview(previewText([lb], [], { diagnostics })), { message: failed });
  // If the program does not even start, the preview has no steps.
  assert.throws(() => parsePreview(JSON.stringify({ diagnostics })), { message: failed });
  // The command line has errors of its own, which a pipeline may have written behind the JSON.
  const beside = `warning: new\n${JSON.stringify({ diagnostics }, null, 4)}\nerror: policy pack "p" failed to start\n`;
  const both = 'the preview failed:\nerror: resource \'pool\' has a problem\nerror: policy pack "p" failed to start';
  assert.throws(() => parsePreview(beside), { message: both });
  const events = [
    ...STREAM,
    ...diagnostics.map((diagnosticEvent, index) => ({ sequence: 5 + index, diagnosticEvent })),
  ];
  assert.throws(() => parsePreview(stream(events)), { message: failed });
});

test('a preview that fails before it begins is an error with the message of the command line', () => {
  const text = 'warning: a new version is there\nerror: no stack named \u001b[1mnope\u001b[0m found\n  hint\n';
  assert.throws(() => parsePreview(text), { message: 'the preview failed:\nerror: no stack named nope found\n  hint' });
});

test('a preview that a policy refuses says which one if the preview does, and else where to look', () => {
  const violation = { policyPackName: 'p', resourceUrn: previewUrnOf(web), message: 'not 80\n' };
  const events = [
    { sequence: 1, policyEvent: { ...violation, policyName: 'odd', enforcementLevel: 'advisory' } },
    { sequence: 2, policyEvent: { ...violation, policyName: 'ports', enforcementLevel: 'mandatory' } },
    { sequence: 3, diagnosticEvent: { message: 'preview failed\n', severity: 'error' } },
    { sequence: 4, summaryEvent: { resourceChanges: { same: 0 }, result: 'failed' } },
  ];
  const message = 'the preview failed:\nweb: policy ports of p: not 80\npreview failed';
  assert.throws(() => parsePreview(stream(events)), { message });
  const diagnostics = [{ message: 'error: preview failed\n', severity: 'error' }];
  assert.throws(() => parsePreview(previewText([lb], [], { diagnostics })), {
    message: /^the preview failed:\nerror: preview failed\n.*a policy may forbid a change.*without --json/,
  });
});

const REFUSED: readonly (readonly [rule: string, text: string, message: RegExp])[] = [
  ['an empty text', ' \n', /there is no preview to read/],
  ['a text that is not JSON', 'Previewing update (dev):\n', /this is not a preview[^\n]*\nit is not JSON$/],
  ['other JSON', '{"version":3,"deployment":{}}', /this is not a preview[\s\S]*it has no steps/],
  ['a list', '[]', /this is not a preview/],
  ['a step of another form', '{"steps":[{"op":7}]}', /this is not a preview[\s\S]*steps\[0\]/],
  [
    'a preview without --show-sames',
    previewText([], [[lb, lb]], { changeSummary: { same: 3 } }),
    /run it with --show-sames/,
  ],
  ['a stream without its end', stream(STREAM.slice(0, -1)), /the preview is incomplete/],
  ['a preview without its summary', '{"diagnostics":[{"message":"loading"}]}', /the preview is incomplete/],
  ['a preview that is cut off', previewText([lb, web]).slice(0, -9), /this is not a preview/],
];

for (const [rule, text, message] of REFUSED) {
  test(`${rule} is refused`, () => assert.throws(() => parsePreview(text), { message }));
}
