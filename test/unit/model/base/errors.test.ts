// The error table: each code has a status, a message, causes and a remedy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_GUIDE } from '../../../../provider/model/base/error-guide.ts';
import { ERRORS, type ErrorCode, isWeirError, WeirError } from '../../../../provider/model/base/errors.ts';

for (const [code, { status, message }] of Object.entries(ERRORS)) {
  test(`${code} has a status and a sentence`, () => {
    assert.ok(status === 0 || (status >= 400 && status < 600));
    assert.match(message, /^[A-Z].*\.$/);
    assert.equal(new WeirError(code as ErrorCode).message, message);
  });
}

for (const [code, { causes, remedy }] of Object.entries(ERROR_GUIDE)) {
  test(`${code} has causes and a remedy in whole sentences`, () => {
    assert.ok(causes.length > 0);
    for (const text of [...causes, remedy]) assert.match(text, /^[A-Z`].*\.$/);
  });
}

test('an error of another copy of the package is recognised by name and code, and any other error is not', () => {
  const copy = Object.assign(new Error('x'), { name: 'WeirError', code: 'InUse' });
  assert.ok(isWeirError(copy));
  assert.ok(!isWeirError(Object.assign(new Error('x'), { name: 'WeirError', code: 'ECONNRESET' })));
  assert.ok(!isWeirError(new Error('InUse')));
});
