// The HTTP server of the API: authentication, runtime id, request ids, entity tags, and one rendering of all errors.
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod';
import type { ErrorResponse } from '../../model/api/error.ts';
import { MAX_PARAMETER } from '../../model/api/parameters.ts';
import { isWeirError, WeirError } from '../../model/base/errors.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import { propertyPath } from '../../model/base/property-path.ts';
import { invalid } from '../../model/objects/validate.ts';
import type { Tokens } from '../control/access/tokens.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import type { WriteLine } from '../control/events/limited-log.ts';
import type { ApiCertificate } from './api-certificate.ts';
import type { ApiNames } from './api-names.ts';
import { admit, bearerToken, requireRouteAccess } from './authorize.ts';
import { registerBackupRoute, type Storage } from './backup-route.ts';
import { registerBodyParsers } from './body-parsers.ts';
import { ApiConnections } from './connections.ts';
import { etagOfText } from './etag.ts';
import { registerEventsRoute } from './events-route.ts';
import { KnownPaths, routeFault } from './known-paths.ts';
import { LongResponses } from './long-responses.ts';
import { registerMemberRoutes } from './member-routes.ts';
import { registerMetricsRoute } from './metrics-route.ts';
import { registerObjectRoutes } from './object-routes.ts';
import { logFailure } from './request-log.ts';
import { registerStatusRoutes } from './status-routes.ts';
import { contentCoding, requestFault } from './strict-requests.ts';
import { registerTokenRoutes } from './token-routes.ts';
import { takeTurns } from './turns.ts';
import { refuseUnread, unreadHandler } from './unread.ts';
import { registerWorkerRoutes } from './worker-routes.ts';

interface ApiOptions {
  readonly control: ControlPlane;
  readonly runtimeId: string;
  readonly tokens: Tokens;
  readonly storage: Storage;
  readonly logger: FastifyBaseLogger;
  /** Writes lines about refused and failed requests. `undefined` writes none. */
  readonly log?: WriteLine;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly names: ApiNames;
  readonly certificate: ApiCertificate;
  /** Returns how many connections the API may have at present, because of the limit of open files. */
  readonly maxConnections?: () => number;
  /** `undefined` means `PATIENCE`. */
  readonly patience?: Patience | undefined;
}

/** How long the API waits for slow callers, in milliseconds. */
export interface Patience {
  /** Time in which the head of a request must arrive. */
  readonly headMs: number;
  /** Time in which a whole request with its body must arrive. */
  readonly requestMs: number;
  /** Time after which a client that reads nothing of its response is disconnected. */
  readonly readingMs: number;
  /** Time for which a connection without a token is kept for its next request. */
  readonly idleMs: number;
  /** Interval at which Node looks for late requests. */
  readonly lookMs: number;
}

const PATIENCE: Patience = { headMs: 10_000, requestMs: 30_000, readingMs: 60_000, idleMs: 5_000, lookMs: 1_000 };

/** When a request that was refused with SystemBusy may be sent again. */
const RETRY_AFTER_SECONDS = '1';

/** Limit for request bodies, several times the size of an attachment with 500 targets and long names. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { log = () => {} } = options;
  /** The first fault of a request that is ambiguous, or that names a host or an origin which is not the API's. */
  const firstFault = ({ raw }: FastifyRequest): WeirError | undefined => {
    const fault = requestFault(raw);
    if (fault !== undefined) return invalid([{ path: '', message: fault }]);
    return options.names.faultOf(raw.headers.host, raw.headers.origin);
  };
  const { headMs, requestMs, readingMs, idleMs, lookMs } = options.patience ?? PATIENCE;
  // Turns off the error response of Node to a request without a Host header, because the API has its own.
  const http = { requireHostHeader: false, headersTimeout: headMs, connectionsCheckingInterval: lookMs };
  const server = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    // An object id has up to 128 characters, and percent-encoding writes one character as up to three.
    routerOptions: { maxParamLength: MAX_PARAMETER },
    // Handles requests with an undecodable or too long path, which reach neither hooks nor the error handler.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const shown = firstFault(request) ?? toWeirError(error);
      logFailure(log, request, shown, error);
      const body = toErrorResponse(shown, request);
      reply.header('x-request-id', request.id).header('x-weir-runtime', options.runtimeId);
      reply.header('connection', 'close');
      reply.code(shown.status).header('etag', etagOfText(JSON.stringify(body)));
      return reply.send(body);
    },
    clientErrorHandler: unreadHandler(options.runtimeId),
    http,
    requestTimeout: requestMs,
    // Turns off the error response of fastify; the onRequest hook sends the error of the API instead.
    return503OnClosing: false,
    https: options.tls === undefined ? null : { ...options.tls, ...http, handshakeTimeout: headMs },
  } as object) as unknown as FastifyInstance;
  registerBodyParsers(server);
  const connections = new ApiConnections(server.server, { idleMs, max: options.maxConnections });
  // Turns off the limit of Node for header fields, because Node drops the fields above it without an error.
  server.server.maxHeadersCount = 0;
  refuseUnread(server.server, options.runtimeId);
  takeTurns(server.server, readingMs);
  server.setValidatorCompiler(validatorCompiler);
  // Response schemas are only for the OpenAPI document: parsing responses with them costs 10 % of a large write.
  server.setSerializerCompiler(() => (value) => inOneLine(JSON.stringify(value)));
  server.setErrorHandler((error, request, reply) => {
    const shown = toWeirError(error as FastifyError);
    logFailure(log, request, shown, error);
    if (shown.code === 'SystemBusy') reply.header('retry-after', RETRY_AFTER_SECONDS);
    reply.code(shown.status).send(toErrorResponse(shown, request));
  });
  requireRouteAccess(server);
  const known = new KnownPaths(server);
  let isClosing = false;
  server.addHook('preClose', async () => {
    isClosing = true;
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-weir-runtime', options.runtimeId);
    const fault = firstFault(request);
    if (fault !== undefined) {
      // The beginning of the next request may be in doubt.
      reply.header('connection', 'close');
      throw fault;
    }
    const coding = contentCoding(request.raw);
    if (coding !== undefined) {
      reply.header('accept-encoding', 'identity');
      throw new WeirError(
        'UnsupportedEncoding',
        `The content coding ${coding} is not supported: send the body as it is.`,
      );
    }
    const expected = request.headers['x-weir-runtime'];
    if (expected !== undefined && expected !== options.runtimeId) {
      throw new WeirError('RuntimeMismatch', `This is runtime ${options.runtimeId}, not ${expected}.`);
    }
    if (isClosing) throw new WeirError('SystemBusy', 'The runtime is stopping.');
    const path = request.url.split('?')[0] ?? '';
    if (!known.isOpen(path)) {
      connections.forget(request.raw);
      request.access = options.tokens.authenticate(bearerToken(request.headers.authorization));
      connections.admit(request.raw, request.access.isAdministrator);
    }
    // An unknown route is reported before the body is read, because an error of the body would hide it.
    if (request.is404) {
      const allow = known.allow(path);
      if (allow !== undefined) reply.header('allow', allow);
      throw routeFault(request.method, path, allow);
    }
    admit(request, options.control.model);
  });
  server.addHook('onSend', async (request, reply, payload) => {
    // Until the response is sent; Node sets the time for which an idle connection is kept afterwards.
    request.raw.socket.setTimeout(readingMs);
    // During shutdown every response closes its connection, because the server's end waits for idle connections. A body
    // that has not been read would have to be read to its end before the next request of the connection.
    if (isClosing || !request.raw.complete) reply.header('connection', 'close');
    const idleMs = connections.idleMs(request.raw);
    if (idleMs !== undefined) reply.header('keep-alive', `timeout=${Math.floor(idleMs / 1000)}`);
    if (!reply.hasHeader('etag')) reply.header('etag', etagOfText(typeof payload === 'string' ? payload : ''));
  });
  server.addHook('onResponse', async ({ raw }) => {
    const idleMs = connections.idleMs(raw);
    if (idleMs !== undefined) raw.socket.setTimeout(idleMs);
  });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Weir runtime',
        version: '1',
        description:
          'Load balancers, listeners, forwarding rules, target attachments, servers and auto scaling groups.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  const long = new LongResponses();
  await server.register(async (routes) => {
    registerObjectRoutes(routes, options.control, long);
    registerMemberRoutes(routes, options.control);
    registerStatusRoutes(routes, { ...options, long });
    registerWorkerRoutes(routes, options.control);
    registerMetricsRoute(routes, { ...options, long });
    registerEventsRoute(routes, options.control);
    registerTokenRoutes(routes, options.tokens, log);
    registerBackupRoute(routes, options.storage);
    const config = { access: 'open' } as const;
    let document: string | undefined;
    routes.get('/openapi.json', { config, schema: { hide: true } }, async (_request, reply) => {
      document ??= inOneLine(JSON.stringify(server.swagger()));
      return reply.type('application/json; charset=utf-8').send(document);
    });
  });
  return server;
}

function toErrorResponse({ code, message, details }: WeirError, { id }: FastifyRequest): ErrorResponse {
  return { code, message, requestId: id, details: [...details] };
}

/** Converts an error of fastify, such as a failed validation, into a `WeirError`. */
function toWeirError(error: FastifyError): WeirError {
  if (isWeirError(error)) return error;
  if (error.validation !== undefined) {
    const problems = error.validation.map(({ instancePath, message }) => ({
      path: propertyPath(instancePath.split('/').filter((part) => part !== '')),
      message: message ?? 'is not valid',
    }));
    return invalid(problems);
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return invalid([{ path: '', message: error.message }]);
  return new WeirError('Internal', undefined, [], { cause: error });
}
