// The warnings of a plan about certificates, from the program, from the state and from the lines of a preview.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf } from '../../../../provider/cli/plan/plan.ts';
import { parsePreview } from '../../../../provider/cli/plan/preview.ts';
import { UNKNOWN } from '../../../../provider/model/base/unknown.ts';
import { makeDatedPair } from '../../../harness/machine/dated-certificates.ts';
import { lb, previewListener, previewText } from '../../../harness/plan/preview-json.ts';

const expired = makeDatedPair('old.example', { toDays: -2 });
const soon = makeDatedPair('soon.example', { toDays: 5.5 });
const good = makeDatedPair('good.example', { toDays: 60 });
const https = (certificates: unknown) => previewListener('web', 443, { protocol: 'HTTPS', certificates });

function warningsOf(before: unknown, after: unknown, messages: readonly string[] = []): [string, string][] {
  const changes = before === after ? [] : ([[https(before), https(after)]] as const);
  const rest = { diagnostics: messages.map((message) => ({ message })) };
  const text = previewText([lb, ...(before === after ? [https(after)] : [])], changes, rest);
  return planOf(parsePreview(text), undefined, Date.now()).warnings.map(({ rule, text }) => {
    return [rule, text.replaceAll(/\d{4}-[^,` ]*Z/g, 'DATE')];
  });
}

test('the certificates that a stack has after the up are told, also those of a listener that does not change', () => {
  const told: [string, string][] = [
    ['invalid-certificate', 'listener `web`: `certificates.old has expired: it was valid to DATE, 2 days ago`.'],
    ['expiring-certificate', 'listener `web`: `certificates.main expires in 5 days: it is valid to DATE`.'],
  ];
  const both = { main: soon, old: expired };
  assert.deepEqual(warningsOf(both, both), told);
  assert.deepEqual(warningsOf({ main: good }, both), told);
  assert.deepEqual(warningsOf(both, { main: good }), []);
  assert.deepEqual(warningsOf({ main: good }, { main: { ...soon, certificate: UNKNOWN } }), []);
});

test('the lines of the preview tell of certificates that it hides', () => {
  const lines = [
    'web: certificates.main expires in 5 days: it is valid to 2026-12-05T00:00:00Z',
    'web: secret changes: certificates.main.privateKey',
    'www: certificates.main has expired: it was valid to 2026-11-05T00:00:00Z, 9 days ago',
  ];
  const told = [
    ['expiring-certificate', 'listener `web`: `certificates.main expires in 5 days: it is valid to DATE`.'],
  ];
  assert.deepEqual(warningsOf('[secret]', '[secret]', lines), told);
  assert.deepEqual(warningsOf('', { main: { certificate: '[secret]', privateKey: '[secret]' } }, lines), told);
});
