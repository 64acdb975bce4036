// The client's settings: where the runtime is and how to reach it, from the stack's configuration and the environment.
import { X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { WeirError } from '../model/base/errors.ts';
import { readPrivateFile } from '../model/base/private-file.ts';
import { readUserFile } from '../model/base/user-file.ts';
import { adminTokenFault } from '../model/permissions/admin-token.ts';

export const DEFAULT_ENDPOINT = 'http://127.0.0.1:7400';

/** The form of a runtime's id. The id comes from the network, and is part of a path and of commands in messages. */
export const RUNTIME_ID_FORM = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Pulumi's configuration by namespaced key, such as "weir:endpoint". Pulumi looks up a bare key under the project's
 * name.
 */
export interface Config {
  get(key: string): string | undefined;
}

export interface Token {
  readonly value: string;
  /** The setting or file in which the token was found. Messages name it. */
  readonly source: string;
}

export interface Settings {
  readonly endpoint: URL;
  readonly endpointSource: '--endpoint' | 'weir:endpoint' | 'WEIR_ENDPOINT' | 'default';
  /**
   * The configured token. `undefined` if none is configured: on this machine, the runtime's own token file is used
   * then.
   */
  readonly token: Token | undefined;
  /** PEM of the certificate authority that signed the endpoint's certificate. */
  readonly ca: string | undefined;
  /** The file from which `ca` was read. `undefined` if `ca` is not set, or is the text of its setting. */
  readonly caFile: string | undefined;
  /** The kind of program that reads the settings. Messages name the places where its user can set them. */
  readonly reader: Reader;
  /** The id of a runtime that the user accepts in place of the runtime that the state names. */
  readonly acceptRuntime: string | undefined;
  /** Whether a create may take over an object of its own owner that the state does not have. */
  readonly reuseObjects: boolean;
}

/**
 * A stack reads its configuration and the environment, a command reads its options and the environment, and `weir plan`
 * reads all three.
 */
export type Reader = 'stack' | 'command' | 'plan';

/** The options with which a command reaches a runtime. An option that is given wins over every other source. */
export interface Reach {
  readonly endpoint?: string;
  /** Name of a file with the token. */
  readonly tokenFile?: string;
  /** PEM of the certificate authority, or the name of a file with it. */
  readonly ca?: string;
}

/** Reads the settings. Throws if a value cannot be used: a bad setting is refused, never replaced by a default. */
export function settingsOf(
  config: Config,
  env: NodeJS.ProcessEnv = process.env,
  reader: Reader = 'stack',
  reach: Reach = {},
): Settings {
  return {
    ...endpointOf(config, env, reach),
    token: tokenOf(config, env, reach),
    ...caOf(config, env, reach),
    reader,
    // For this setting the environment variable wins over the configuration, because plain `pulumi refresh` and `pulumi
    // destroy` see the configuration of the last `pulumi up`.
    acceptRuntime: given(env.WEIR_ACCEPT_RUNTIME) ?? given(config.get('weir:acceptRuntime')),
    reuseObjects: reuseObjectsOf(given(config.get('weir:reuseObjects'))),
  };
}

/**
 * The token for a runtime: the configured one, else the one that a runtime on this machine wrote for its user. Returns
 * `undefined` if there is neither. Throws if others may have read or written the file, or if it holds anything else.
 */
export function tokenFor(settings: Settings, runtimeId: string, home: string = homedir()): Token | undefined {
  if (settings.token !== undefined) return settings.token;
  // As part of a path, the id must not lead out of the folder.
  if (!isLoopback(settings.endpoint) || !RUNTIME_ID_FORM.test(runtimeId)) return undefined;
  const file = path.join(home, '.weir', runtimeId, 'token');
  const value = given(privateText(file)?.trim());
  if (value === undefined) return undefined;
  const fault = adminTokenFault(value);
  if (fault === undefined) return { value, source: file };
  throw new WeirError(
    'Unauthenticated',
    `the token file ${file} ${fault}; delete the file, and restart the runtime to have it written again`,
  );
}

function privateText(file: string): string | undefined {
  try {
    return readPrivateFile(file, 'the token file')?.toString('utf8');
  } catch (error) {
    throw new WeirError('Unauthenticated', (error as Error).message, [], { cause: error });
  }
}

function isLoopback(endpoint: URL): boolean {
  const host = endpoint.hostname;
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function endpointOf(config: Config, env: NodeJS.ProcessEnv, reach: Reach) {
  // The configuration wins over the environment, so that a shell variable never moves a stack to another runtime.
  const [text, endpointSource] = firstGiven([
    [reach.endpoint, '--endpoint'],
    [given(config.get('weir:endpoint')), 'weir:endpoint'],
    [given(env.WEIR_ENDPOINT), 'WEIR_ENDPOINT'],
  ]) ?? [DEFAULT_ENDPOINT, 'default'];
  const endpoint = URL.canParse(text) ? new URL(text) : undefined;
  if (endpoint?.protocol !== 'http:' && endpoint?.protocol !== 'https:') {
    throw new WeirError(
      'InvalidParameter',
      `${endpointSource} is ${JSON.stringify(text)}, which is not the URL of a Weir runtime: give one such as ${DEFAULT_ENDPOINT}`,
    );
  }
  return { endpoint, endpointSource };
}

/** The first source that gives a value. Returns `undefined` if no source does. */
function firstGiven<Source extends string>(
  values: readonly (readonly [value: string | undefined, source: Source])[],
): readonly [value: string, source: Source] | undefined {
  for (const [value, source] of values) if (value !== undefined) return [value, source];
  return undefined;
}

function tokenOf(config: Config, env: NodeJS.ProcessEnv, { tokenFile }: Reach): Token | undefined {
  if (tokenFile !== undefined) return tokenInFile(tokenFile);
  return tokenFrom('WEIR_TOKEN', env.WEIR_TOKEN) ?? tokenFrom('weir:token', config.get('weir:token'));
}

/** The token in a file that the user names. Others may read the file, because a mounted secret often permits that. */
function tokenInFile(file: string): Token {
  const source = `--token-file ${file}`;
  const token = tokenFrom(source, textOf(file, '--token-file'));
  if (token === undefined) throw new WeirError('Unauthenticated', `${source} is empty`);
  return token;
}

/**
 * A token without surrounding space, because a pipeline's secret often ends with the line break of a file. Returns
 * `undefined` if none is given.
 */
function tokenFrom(source: string, text: string | undefined): Token | undefined {
  const value = given(text?.trim());
  if (value === undefined) return undefined;
  if (/^[\x21-\x7e]+$/.test(value)) return { value, source };
  throw new WeirError('Unauthenticated', `${source} is not a token: it contains spaces or characters beyond ASCII`);
}

function reuseObjectsOf(text = 'true'): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new WeirError('InvalidParameter', `weir:reuseObjects is ${JSON.stringify(text)}: it must be true or false`);
}

function caOf(config: Config, env: NodeJS.ProcessEnv, reach: Reach): Pick<Settings, 'ca' | 'caFile'> {
  const [ca, source] = firstGiven([
    [reach.ca, '--ca'],
    [given(config.get('weir:ca')), 'weir:ca'],
    [given(env.WEIR_CA), 'WEIR_CA'],
  ]) ?? [undefined];
  if (ca === undefined) return { ca: undefined, caFile: undefined };
  const isText = ca.includes('-----BEGIN ');
  const pem = isText ? ca : textOf(ca, `${source} is neither a PEM text nor a file that can be read:`);
  if (isCertificate(pem)) return { ca: pem, caFile: isText ? undefined : ca };
  const where = isText ? `the text of ${source}` : `the file ${ca} of ${source}`;
  throw new WeirError('InvalidParameter', `${where} has no certificate in PEM`);
}

/** Whether a text begins with a certificate in PEM. Node would ignore another text. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** The text of a file that a setting names. `what` precedes the name of the file in an error. */
function textOf(file: string, what: string): string {
  try {
    return readUserFile(file, what);
  } catch (error) {
    throw new WeirError('InvalidParameter', (error as Error).message, [], { cause: error });
  }
}

/** The value of a setting. Returns `undefined` for an empty value, which counts as unset. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
