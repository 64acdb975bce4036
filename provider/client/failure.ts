// Errors for failures between client and runtime, with messages that say what to do next.
import { errorResponse } from '../model/api/error.ts';
import {
  ERRORS,
  type ErrorCode,
  isWeirError,
  type Problem,
  problemText,
  reported,
  shortened,
  WeirError,
} from '../model/base/errors.ts';
import type { Ends } from '../model/permissions/proof.ts';
import { read } from './reading.ts';
import type { HttpResponse } from './request.ts';
import type { Reader, Settings, Token } from './settings.ts';

/** Limit for the message of a response, several times the longest one that a runtime has for a real mistake. */
const MAX_MESSAGE = 20_000;

/** The places where a reader of settings looks for them, as messages name them. */
interface Places {
  readonly endpoint: string;
  readonly token: string;
  /** The places of `token` that the user sets. */
  readonly ownToken: string;
  readonly ca: string;
}

const PLACES: Readonly<Record<Reader, Places>> = {
  stack: {
    endpoint: 'weir:endpoint / WEIR_ENDPOINT',
    token: 'WEIR_TOKEN, weir:token or ~/.weir',
    ownToken: 'WEIR_TOKEN or `pulumi config set --secret weir:token`',
    ca: 'weir:ca / WEIR_CA',
  },
  command: {
    endpoint: '--endpoint / WEIR_ENDPOINT',
    token: '--token-file, WEIR_TOKEN or ~/.weir',
    ownToken: '--token-file or WEIR_TOKEN',
    ca: '--ca / WEIR_CA',
  },
  plan: {
    endpoint: '--endpoint / weir:endpoint / WEIR_ENDPOINT',
    token: '--token-file, WEIR_TOKEN, weir:token or ~/.weir',
    ownToken: '--token-file or WEIR_TOKEN',
    ca: '--ca / weir:ca / WEIR_CA',
  },
};

function setEndpoint({ reader }: Settings): string {
  return `set ${PLACES[reader].endpoint}`;
}

/** Whether the connection to the runtime was refused or lost. The runtime may have carried out the request. */
export function isLost(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ECONNABORTED'].includes(codeOf(error));
}

export function unreachable(settings: Settings, error: unknown, timeoutMs: number): WeirError {
  const code = codeOf(error);
  const where = shown(settings.endpoint);
  const [fault, advice] = isTrustFault(code)
    ? [`the certificate of ${where} is not trusted`, trustAdvice(code, settings)]
    : [`no Weir runtime responds at ${where}`, startAdvice(code, settings)];
  const message = `${fault} (${reason(error, timeoutMs)}): ${advice}${staleAdvice(settings, settings.endpointSource)}`;
  return new WeirError('Unreachable', message, [], { cause: error });
}

/**
 * The error of an endpoint that does not respond, with advice for a stack whose runtime will never come back. The empty
 * runtime has an id, which the next error names in the commands to move or to destroy the stack.
 */
export function withStateAdvice(error: unknown, expected: string): unknown {
  if (!isWeirError(error) || error.code !== 'Unreachable' || isTrustFault(codeOf(error.cause))) return error;
  const advice = `if runtime ${expected}, to which the state belongs, is gone for good, start an empty one: the next error says how to move the stack to it, or how to destroy the stack`;
  return new WeirError(error.code, `${error.message}; ${advice}`, [], { cause: error.cause });
}

export function notAWeirRuntime(settings: Settings, response: HttpResponse): WeirError {
  const { endpoint, endpointSource } = settings;
  const { status, headers } = response;
  if (isRedirect(response)) {
    const to = headers.location === undefined ? '' : ` to ${shortened(headers.location)}`;
    return new WeirError(
      'Unreachable',
      `${shown(endpoint)} redirects${to} (status ${status}), which is not followed, because the token would go with ` +
        `the request: ${setEndpoint(settings)} to the runtime itself${staleAdvice(settings, endpointSource)}`,
    );
  }
  return new WeirError(
    'Unreachable',
    `${shown(endpoint)} responds (status ${status}), but is not a Weir runtime: check port and path, ` +
      `or ${setEndpoint(settings)}${staleAdvice(settings, endpointSource)}`,
  );
}

/**
 * The error for an endpoint at another runtime than the state's. It never means that the object is gone: the object may
 * still exist in the runtime that made it.
 */
export function otherRuntime(settings: Settings, expected: string, actual: string): WeirError {
  const { endpoint } = settings;
  if (settings.reader === 'command') {
    const change = `${shown(endpoint)} was runtime ${expected} and is runtime ${actual} now`;
    return new WeirError('RuntimeMismatch', `${change}: run the command again`);
  }
  return new WeirError(
    'RuntimeMismatch',
    `the state belongs to runtime ${expected}, but ${shown(endpoint)} is runtime ${actual}: ` +
      `start that runtime again (weir serve with its --data), or ${setEndpoint(settings)}; if it is gone for good, ` +
      `\`WEIR_ACCEPT_RUNTIME=${actual} pulumi up\` moves the stack to this runtime (or \`pulumi config set weir:acceptRuntime ${actual}\`), ` +
      `and \`WEIR_ACCEPT_RUNTIME=${actual} pulumi destroy\` destroys it`,
  );
}

/** Whether a response sends the request elsewhere. A runtime does not do that. */
export function isRedirect({ status }: HttpResponse): boolean {
  return status >= 300 && status < 400;
}

/** The error that a response of status 400 and above carries. */
export function failureOf(settings: Settings, response: HttpResponse, token: Token | undefined): WeirError {
  const { value } = read(errorResponse, response.body);
  if (response.status === 401)
    return token ? refused(settings, token, shortened(value?.message ?? '')) : tokenMissing(settings);
  if (value === undefined) {
    const what = `${shown(settings.endpoint)} responded with status ${response.status} and without an error of Weir`;
    return new WeirError('Internal', what);
  }
  const { code, requestId, details } = value;
  const message = shortened(value.message, MAX_MESSAGE);
  const problems = reported(details).map(
    ({ code: own, ...detail }): Problem => ({ ...detail, ...(isErrorCode(own) && { code: own }) }),
  );
  // An error code that only a newer runtime knows becomes Internal. Its message counts.
  const text = withDetails(message, problems) + (code === 'Forbidden' && token ? sourceOf(settings, token) : '');
  const error = new WeirError(isErrorCode(code) ? code : 'Internal', text, problems);
  error.requestId = shortened(requestId);
  return error;
}

/** The text that says where the token was found, because the token has to be changed there. */
function sourceOf(settings: Settings, { source }: Token): string {
  return ` The token is the one from ${source}${staleAdvice(settings, source)}.`;
}

function tokenAdvice({ reader }: Settings): string {
  return `give one with ${PLACES[reader].ownToken}; the administrator's is in admin-token in the runtime's data directory`;
}

export function tokenMissing(settings: Settings): WeirError {
  const message = `the runtime at ${shown(settings.endpoint)} requires a token, and none was found in ${PLACES[settings.reader].token}`;
  return new WeirError('Unauthenticated', `${message}: ${tokenAdvice(settings)}`);
}

/** The error for an endpoint that does not know the token: it is an impostor or another runtime, or the token is old. */
export function notProven(settings: Settings, { source }: Token): WeirError {
  const message =
    `${shown(settings.endpoint)} did not prove that it knows the token from ${source}, therefore the token was not sent: ` +
    'the token was revoked or replaced, or this is another runtime, or something else that listens there';
  return new WeirError('Unauthenticated', `${message}: ${tokenAdvice(settings)}${staleAdvice(settings, source)}`);
}

/** The error for a proof that was made for another connection than the client's. */
export function relayed(settings: Settings, seen: Ends, own: Ends | undefined): WeirError {
  const message =
    `${shown(settings.endpoint)} passes requests on to the runtime, therefore no token was sent: the runtime sees a connection ` +
    `from ${seen.client} to ${seen.server}, and this one is from ${own?.client} to ${own?.server}`;
  const advice = `through a forwarder, give the runtime a certificate (weir serve --api-cert) and ${setEndpoint(settings)} to https`;
  return new WeirError('Unauthenticated', `${message}: ${advice}`);
}

/** The error for a refused token. `reason` is the runtime's own, such as that the token has expired. */
function refused(settings: Settings, { source }: Token, reason: string): WeirError {
  const message = `the runtime at ${shown(settings.endpoint)} refused the token from ${source}: ${tokenAdvice(settings)}${staleAdvice(settings, source)}`;
  return new WeirError('Unauthenticated', `${message}${reason && `. ${reason}`}`);
}

/**
 * Advice for a value from the stack's configuration: Pulumi keeps the configuration in the state, and only a run of the
 * program replaces it.
 */
function staleAdvice({ reader }: Settings, source: string): string {
  if (reader !== 'stack' || !source.startsWith('weir:')) return '';
  return ` (refresh and destroy use ${source} as of the last \`pulumi up\`: add --run-program after a change)`;
}

/** The message, followed by every problem that it does not mention. */
function withDetails(message: string, details: readonly Problem[]): string {
  const more = details.filter((detail) => !message.includes(detail.message)).map(problemText);
  return more.length === 0 ? message : `${message} ${more.join('; ')}`;
}

function startAdvice(code: string, settings: Settings): string {
  return isNoTls(code)
    ? `it does not speak TLS as https needs it: check the scheme, or ${setEndpoint(settings)}`
    : `start it with \`npx pulumi-weir serve\`, or ${setEndpoint(settings)}`;
}

function trustAdvice(code: string, settings: Settings): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `use a name that its certificate has: ${setEndpoint(settings)}`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return 'write a valid one to the file of the --api-cert of `weir serve`, and send it SIGHUP; or the clock of this machine is wrong';
  return `give the certificate authority that signed its certificate in ${PLACES[settings.reader].ca}`;
}

function isNoTls(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL');
}

/** Whether the other end of a connection responds with a certificate that is not trusted. */
function isTrustFault(code: string): boolean {
  return code.startsWith('ERR_TLS') || /CERT|SELF_SIGNED|UNABLE_TO_/.test(code);
}

function reason(error: unknown, timeoutMs: number): string {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host name is not found';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'it closed the connection, as a server for https does';
  // OpenSSL's own message is replaced, because its three lines name only a place in OpenSSL's source.
  if (isNoTls(code)) return 'the TLS handshake failed';
  if (code === 'ABORT_ERR' || code === 'ETIMEDOUT') return `no response within ${timeoutMs / 1000} s`;
  return error instanceof Error ? error.message : String(error);
}

/**
 * The system's code of an error. Connecting to a name with several addresses fails with an AggregateError, which has
 * the code of the first address.
 */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(ERRORS, code);
}

/** The endpoint for messages, without the user and password that a URL may contain. */
function shown(endpoint: URL): string {
  return `${endpoint.origin}${endpoint.pathname === '/' ? '' : endpoint.pathname}`;
}
