// The picture of the quick start: columns, bars and marks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bar, picture } from '../../../.toolchain/demo/picture.ts';
import type { Share } from '../../../.toolchain/demo/shares.ts';

const share = (name: string, weight: number, due: number, got: number, remark = ''): Share => {
  return { name, weight, due, got, remark };
};

const nothingFailed = { sent: 100, byPort: new Map(), failures: new Map() };

describe('bar', () => {
  it('ends at the mark if the target got the share that was due', () => {
    assert.equal(bar(0.5, 0.5, 1), `${'█'.repeat(20)}│`);
  });

  it('ends before the mark if the target got less', () => {
    assert.equal(bar(0.25, 0.5, 1), `${'█'.repeat(10)}${' '.repeat(10)}│`);
  });

  it('ends behind the mark if the target got more', () => {
    assert.equal(bar(0.5, 0.25, 1), `${'█'.repeat(10)}│${'█'.repeat(10)}`);
  });

  it('is empty if nothing was due and nothing was got', () => {
    assert.equal(bar(0, 0, 0), '│');
  });
});

describe('picture', () => {
  it('puts weight, due, got and the bar of each target under one head', () => {
    const shares = [share('blue', 50, 0.5, 0.5), share('amber', 5, 0.05, 0.04)];
    const lines = picture('http://127.0.0.1:8080', shares, nothingFailed).split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      '100 requests to http://127.0.0.1:8080',
      '',
      '  target  weight   due   got  █ got  │ due',
    ]);
    assert.equal(lines[3], `  blue        50   50%   50%  ${'█'.repeat(40)}│`);
    assert.equal(lines[4], '  amber        5    5%    4%  ███ │');
  });

  it('shows the remark of a target in place of its bar', () => {
    assert.match(
      picture('tcp://127.0.0.1:9000', [share('blue', 5, 0, 0, 'unhealthy: refused')], nothingFailed),
      /^ {2}blue {9}5 {4}0% {4}0% {2}unhealthy: refused$/m,
    );
  });

  it('shows how many requests failed, and why', () => {
    const failures = new Map([['responded with 503 Service Unavailable', 100]]);
    const text = picture('http://127.0.0.1:8080', [], { ...nothingFailed, failures });
    assert.match(text, /^ {2}100 of 100 requests: responded with 503 Service Unavailable$/m);
  });

  it('fits into 80 columns, whatever the targets are called', () => {
    const shares = [share('n'.repeat(200), 100, 1, 0), share('b', 1, 0, 1)];
    for (const line of picture('http://127.0.0.1:8080', shares, nothingFailed).split('\n')) {
      assert.ok(line.length <= 80, line);
    }
  });

  it('has no colours by default', () => {
    const text = picture('http://127.0.0.1:8080', [share('blue', 1, 1, 1)], nothingFailed);
    assert.ok(!text.includes('\x1b'));
  });
});
