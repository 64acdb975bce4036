// Private keys and cookie keys become Pulumi secrets, given as plain values, outputs or promises; other arguments do not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { secretArguments, withSecrets } from '../../../sdk/secrets.ts';

const pair = { certificate: 'c', privateKey: 'k', serverNames: ['a'] };

async function isSecret(value: unknown): Promise<boolean> {
  return pulumi.Output.isInstance(value) && (await (value as unknown as { isSecret: Promise<boolean> }).isSecret);
}

async function resolved(value: unknown): Promise<unknown> {
  return await (pulumi.output(value) as unknown as { promise(): Promise<unknown> }).promise();
}

test('in plain arguments, only the keys are secret', async () => {
  const args = withSecrets({
    port: 443,
    certificates: { web: pair },
    stickySession: { type: 'cookie', cookieKey: 'k' },
  }) as { port: number; certificates: { web: typeof pair }; stickySession: { type: string; cookieKey: string } };
  const { web } = args.certificates;
  assert.deepEqual([args.port, web.certificate, web.serverNames, args.stickySession.type], [443, 'c', ['a'], 'cookie']);
  assert.ok(await isSecret(web.privateKey));
  assert.ok(await isSecret(args.stickySession.cookieKey));
});

const SHAPES: readonly (readonly [string, unknown])[] = [
  ['the key is an output', { web: { ...pair, privateKey: pulumi.output('k') } }],
  ['the pair is an output', { web: pulumi.output(pair) }],
  ['the map is an output', pulumi.output({ web: pair })],
  ['the map is a promise', Promise.resolve({ web: pair })],
];

for (const [shape, certificates] of SHAPES) {
  test(`the values are unchanged and secret if ${shape}`, async () => {
    const args = withSecrets({ certificates });
    assert.deepEqual(await resolved(args), { certificates: { web: pair } });
    assert.ok(await isSecret(pulumi.output(args)));
  });
}

test('missing values stay missing, and a value that is not an object is left for the provider to refuse', () => {
  const args = {
    certificates: 'x',
    stickySession: { type: 'cookie', cookieKey: undefined },
    tags: { privateKey: 'x' },
  };
  assert.deepEqual(withSecrets(args), args);
  assert.deepEqual(withSecrets({ certificates: { web: null } }), { certificates: { web: null } });
});

test('arguments in which the program has secrets are named, except keys, which no line prints', async () => {
  const address = pulumi.secret('10.0.0.1');
  assert.deepEqual(
    await secretArguments({
      listenerId: pulumi.output('web'),
      targets: { a: { address, port: pulumi.output(80) }, b: { address } },
      addresses: [address],
      description: pulumi.secret('x'),
      certificates: pulumi.secret({}),
    }),
    ['targets', 'addresses', 'description'],
  );
  assert.equal(await secretArguments({ listenerId: pulumi.output('web') }), undefined);
  assert.equal(await secretArguments({ listenerId: 'web', targets: undefined }), undefined);
});
