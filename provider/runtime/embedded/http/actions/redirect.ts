// Redirects of rules: the Location of a request, made of parts of its URL. Pure.
import { filledIn } from '../../../../model/base/placeholders.ts';
import { hostKey, pathKey } from '../../../../model/base/route-key.ts';
import type { RedirectSnapshot } from '../../../contract/rule-actions.ts';
import { hostOf, isAuthority } from '../message/authority.ts';
import { type LocalResponse, localResponse } from '../message/local-response.ts';
import type { Request } from '../message/request.ts';
import { removeDotSegments } from '../message/target-path.ts';
import type { OwnResponder, RuleResponse } from './rule-response.ts';

// RFC 5842 7.2 defines 508 for a request that meets itself.
const CIRCLE = localResponse(508, 'the redirect leads to the URL that was requested');
const NO_HOST = localResponse(400, 'the redirect makes no host of this Host');

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
type Protocol = keyof typeof DEFAULT_PORTS;

/** Characters that may not stand in a URL (RFC 3986 2), those that browsers take for others among them. */
const ENCODED = /[^\x21-\x7e]|["<>\\^`]/g;
/** The lines that the runtime has added to the head for targets. They tell what a trusted proxy was asked for. */
const PROTO_LINE = /^X-Forwarded-Proto: ([^\r\n,]*)/m;
const HOST_LINE = /^X-Forwarded-Host: ([^\r\n,]*)/m;

interface Url {
  readonly protocol: Protocol;
  /** The host without a port. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly query: string;
}

export class Redirect implements OwnResponder {
  readonly type = 'redirect';
  readonly #redirect: RedirectSnapshot;

  constructor(redirect: RedirectSnapshot) {
    this.#redirect = redirect;
  }

  respondTo(request: Request): RuleResponse | LocalResponse {
    const requested = urlOf(request);
    const next = this.#next(requested);
    if (!isAuthority(`${next.host}:${next.port}`)) return NO_HOST;
    if (isSame(next, requested)) return CIRCLE;
    return { status: this.#redirect.status, lines: `Location: ${textOf(next)}\r\n`, body: '' };
  }

  #next(requested: Url): Url {
    const { protocol = requested.protocol, host, port, path, query } = this.#redirect;
    const values = { ...requested, port: String(requested.port) };
    const part = (template: string | undefined, name: 'host' | 'path' | 'query') => {
      return template === undefined ? requested[name] : filledIn(template, values);
    };
    return {
      protocol,
      host: part(host, 'host'),
      port: port === '{port}' ? requested.port : (port ?? keptPort(requested, protocol)),
      // A query in the path may have question marks, which would begin another query.
      path: path === undefined ? requested.path : removeDotSegments(part(path, 'path').replaceAll('?', '%3F')),
      query: part(query, 'query'),
    };
  }
}

/** The URL that the client asked for; through a trusted proxy the one that the proxy was asked for. */
function urlOf({ head, host: authority, target }: Request): Url {
  const proto = PROTO_LINE.exec(head)?.[1]?.trim().toLowerCase();
  const protocol = proto === 'https' || proto === 'wss' ? 'https' : 'http';
  const named = HOST_LINE.exec(head)?.[1]?.trim() ?? authority;
  const host = hostOf(named);
  const port = Number(named.slice(host.length + 1)) || DEFAULT_PORTS[protocol];
  const queryAt = target.indexOf('?');
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  // The target `*` of OPTIONS names no path.
  return {
    protocol,
    host,
    port,
    path: path === '*' ? '/' : path,
    query: queryAt === -1 ? '' : target.slice(queryAt + 1),
  };
}

/** The port of the request for another protocol: a default port becomes the default port of the protocol. */
function keptPort({ port, protocol: before }: Url, protocol: Protocol): number {
  return port === DEFAULT_PORTS[before] ? DEFAULT_PORTS[protocol] : port;
}

function isSame(a: Url, b: Url): boolean {
  const isSamePlace = a.protocol === b.protocol && a.port === b.port && hostKey(a.host) === hostKey(b.host);
  return isSamePlace && pathKey(a.path) === pathKey(b.path) && a.query === b.query;
}

function textOf({ protocol, host, port, path, query }: Url): string {
  const shownPort = port === DEFAULT_PORTS[protocol] ? '' : `:${port}`;
  const text = `${protocol}://${host}${shownPort}${path}${query === '' ? '' : `?${query}`}`;
  return text.replace(
    ENCODED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
