// The provider of target attachments before a scripted runtime, and an attachment to write.
import type { TestContext } from 'node:test';
import { methods } from '../../../provider/index.ts';
import { type Reply, type SeenRequest, scriptedRuntime, stored } from './scripted-runtime.ts';

export const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::web';
export const INPUTS = {
  listenerId: 'http-1',
  targets: { b1: { address: '10.0.0.1', port: 80 } },
  owner: OWNER,
  __provider: 'shim',
};
export const BOUND = { b1: { address: '10.0.0.1', port: 80, weight: 100, health: 'checking' } };

export async function scriptedAttachment(t: TestContext, reply: (seen: SeenRequest, index: number) => Reply) {
  const runtime = await scriptedRuntime(t, (seen, index) =>
    seen.url === '/healthz' ? { status: 200, body: {} } : reply(seen, index),
  );
  const config: Record<string, string> = { 'weir:endpoint': runtime.url, 'weir:token': 'weir_t' };
  return { runtime, provider: methods('TargetAttachment', { get: (key) => config[key] }) };
}

/** The runtime's response to a PUT: the written properties with defaults and outputs. */
export const accepted = ({ body }: SeenRequest) =>
  stored({ manageWeights: true, handoverSeconds: 30, ...body, boundTargets: BOUND });
