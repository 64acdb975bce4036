// The resource options that the SDK passes on to the providers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardedOptions } from '../../../sdk/options.ts';

test('time-outs and retention are passed on as given, and a time-out that is no duration is refused with its name', () => {
  assert.deepEqual(forwardedOptions('weir.Listener web', undefined), {});
  assert.deepEqual(
    forwardedOptions('weir.Listener web', { customTimeouts: { create: '' }, retainOnDelete: false }),
    {},
  );
  const options = { customTimeouts: { create: '0', delete: '1h30m' }, retainOnDelete: true, protect: true };
  assert.deepEqual(forwardedOptions('weir.Listener web', options), {
    customTimeouts: { create: '0', delete: '1h30m' },
    retainOnDelete: true,
  });
  assert.throws(() => forwardedOptions('weir.Listener web', { customTimeouts: { update: 'soon' } }), {
    message: 'weir.Listener web: customTimeouts.update: "soon" is no duration: give one such as "30s", "5m" or "1h30m"',
  });
});
