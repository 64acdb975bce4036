// An object of the program that was deleted outside: the error of an object that refers to it says how it comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRefreshAdvice } from '../../../provider/methods/lost-references.ts';
import { invalid } from '../../../provider/model/objects/validate.ts';
import { programOf } from '../../../provider/program/program.ts';

const urn = (type: string, name: string) => `urn:pulumi:dev::lost::pulumi-nodejs:dynamic/weir:${type}::${name}`;
const ADVICE = /^listenerId names no listener: there is no web-1\. This program has made it, .* `pulumi up --refresh`/;

test('advice stands in the error of a reference to an object of the program that is not there, and in no other', () => {
  const listener = urn('Listener', 'web');
  const program = programOf(listener);
  program.see('listeners', listener, { properties: {}, olds: { port: 80 }, secrets: [] });
  program.identify(listener, 'web-1');
  const messageFor = (listenerId: string, message: string) => {
    const error = invalid([{ path: 'listenerId', message }]);
    return (withRefreshAdvice(error, 'rules', { owner: urn('ForwardingRule', 'r'), listenerId }) as Error).message;
  };
  assert.match(messageFor('web-1', 'names no listener: there is no web-1'), ADVICE);
  for (const [id, message] of [
    ['web-2', 'names no listener: there is no web-2'],
    ['web-1', 'names a TCP listener'],
  ] as const) {
    assert.equal(messageFor(id, message), `listenerId ${message}`);
  }
});
