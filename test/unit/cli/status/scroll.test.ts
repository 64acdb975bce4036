// The place of the watching screen in the lines of a status.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scroll } from '../../../../provider/cli/status/scroll.ts';
import type { Line } from '../../../../provider/cli/status/view.ts';

/** Lines of listeners with so many targets each: an empty line, the listener, the columns, and the targets. */
function lines(targets: Readonly<Record<string, readonly string[]>>): Line[] {
  const all: Line[] = [];
  for (const [listener, names] of Object.entries(targets)) {
    all.push({ key: `${listener} above`, content: { parts: [] } });
    const above = [all.length, all.length + 1] as const;
    for (const key of [listener, `${listener} columns`, ...names]) all.push({ key, content: { parts: [] }, above });
  }
  return all;
}

const names = (of: string, count: number) => Array.from({ length: count }, (_, index) => `${of}${index}`);

function shown(scroll: Scroll, all: readonly Line[]): string {
  return scroll
    .shown()
    .map((index) => all[index]?.key)
    .join(' ');
}

test('keys move by lines, pages and to the ends, and the heading of a listener stays above its targets', () => {
  const all = lines({ web: names('a', 20), db: names('b', 3) });
  const scroll = new Scroll();
  scroll.setHeight(7);
  scroll.setLines(all);
  const places = (['up', 'down', 'down', 'pagedown', 'pageup', 'end', 'pageup', 'home'] as const).map((move) => {
    scroll.move(move);
    return shown(scroll, all);
  });
  assert.deepEqual(places, [
    'web above web web columns a0 a1 a2 a3',
    'web web columns a0 a1 a2 a3 a4',
    'web web columns a1 a2 a3 a4 a5',
    'web web columns a5 a6 a7 a8 a9',
    'web web columns a1 a2 a3 a4 a5',
    'a19 db above db db columns b0 b1 b2',
    'web web columns a17 a18 a19 db above db',
    'web above web web columns a0 a1 a2 a3',
  ]);
});

test('new lines above leave the screen where it is; if its first target is gone, the next one takes its place', () => {
  const scroll = new Scroll();
  scroll.setHeight(7);
  scroll.setLines(lines({ web: names('a', 20) }));
  for (let index = 0; index < 8; index++) scroll.move('down');
  const more = lines({ early: names('e', 5), web: ['new', ...names('a', 20)] });
  scroll.setLines(more);
  assert.equal(shown(scroll, more), 'web web columns a7 a8 a9 a10 a11');
  const fewer = lines({ early: names('e', 5), web: names('a', 20).filter((name) => !['a7', 'a8'].includes(name)) });
  scroll.setLines(fewer);
  assert.equal(shown(scroll, fewer), 'web web columns a9 a10 a11 a12 a13');
  const none = lines({ early: names('e', 5) });
  scroll.setLines(none);
  assert.equal(shown(scroll, none), 'early early columns e0 e1 e2 e3 e4');
});

test('a screen of any height shows as many lines as it has', () => {
  const all = lines({ web: names('a', 20) });
  for (const height of [0, 1, 2, 5, 6, 30]) {
    const scroll = new Scroll();
    scroll.setLines(all);
    scroll.setHeight(height);
    scroll.move('end');
    assert.equal(scroll.shown().length, Math.min(Math.max(1, height), all.length));
  }
});
