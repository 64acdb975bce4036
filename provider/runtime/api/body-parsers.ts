// Parsers of request bodies: JSON of a bounded number of values, because parsing holds the thread of all writes.
import type { FastifyInstance } from 'fastify';
import { invalid } from '../../model/objects/validate.ts';

/** Maximum number of values in a body. A patch that unbinds 500 targets and binds as many others has fewer. */
const MAX_VALUES = 10_000;
/** Maximum numbers for routes with larger bodies: 256 certificates of 100 names, and 100 statements of 1,000 patterns. */
const MAX_VALUES_AT: Readonly<Record<string, number>> = { '/v1/listeners/:id': 30_000, '/v1/tokens': 110_000 };

/** Maximum depth of a body: several times that of any valid one. */
const MAX_DEPTH = 32;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/** Parses JSON bodies, also of type merge-patch+json. An empty body with a content type counts as no body. */
export function registerBodyParsers(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  const types = ['application/json', 'application/merge-patch+json'];
  server.addContentTypeParser<string>(types, { parseAs: 'string' }, (request, text, done) => {
    const limit = MAX_VALUES_AT[request.routeOptions.url ?? ''] ?? MAX_VALUES;
    const fault = sizeFault(text, limit);
    if (text === '') done(null, undefined);
    else if (fault === undefined) parseJson(request, text, done);
    else done(invalid([{ path: '', message: `the body ${fault}` }]));
  });
}

/**
 * The reason why a JSON text is not parsed: it has more values than `limit`, counted by its commas and opening brackets
 * outside of strings, or it is too deep. Returns `undefined` if it can be parsed.
 */
export function sizeFault(text: string, limit: number): string | undefined {
  let count = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) count += 1;
    else if (code === OPENING_BRACE || code === OPENING_BRACKET) {
      count += 1;
      depth += 1;
      if (depth > MAX_DEPTH) return `is deeper than ${MAX_DEPTH} levels`;
    } else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth -= 1;
    if (count > limit) return `has more than ${limit} values`;
  }
  return undefined;
}

/** The position of the quote that ends the string which begins at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
