// Advice for text that is no path of a rule: the path that matches the most of a pattern or a URL.
import { partsOfUrl } from './host-advice.ts';

/** The signs of a wildcard, a query or a regular expression. Other load balancers take some of them for paths. */
const PATTERN = /\.[*+]|[*?^[\]{}<>|\\]|\$$|^~/;

/** A host before a path without a scheme: its last label has letters only, other than that of a version such as v1.0. */
const HOST_BEFORE_PATH = /^([a-z0-9-]+\.)+[a-z]{2,63}(:\d+)?\//i;

export function isPattern(path: string): boolean {
  return PATTERN.test(path);
}

/** The message for a path that is a pattern or has a query. It names the path that matches the most of it. */
export function patternAdvice(path: string): string {
  const [sign = ''] = PATTERN.exec(path) ?? [];
  const { host, rest } = withoutHost(path);
  const start = rest.replace(/^[~^*\s]+/, '').replace(/^(?=[A-Za-z0-9])/, '/');
  const at = start.search(PATTERN);
  const before = at === -1 ? start : start.slice(0, at);
  // Text before a sign in the middle of a segment is no whole segment, unless the sign ends the path or begins a query.
  const isWhole = at === -1 || /^(\.?[*+]|\$|\?([^/.]*|[^?]*=.*))$/.test(start.slice(at));
  const whole = (isWhole ? before : before.slice(0, before.lastIndexOf('/'))).replace(/[(/]+$/, '');
  const prefix = quotable(whole.startsWith('/') ? whole : '/');
  const advice = `${host === undefined ? '' : `use host ${host}, and `}use path ${prefix} with pathMatch prefix`;
  return `has ${JSON.stringify(sign)}, and neither patterns nor queries are matched: ${advice}`;
}

/** The end of the message for a path that does not begin with "/". Returns an empty text if there is no advice. */
export function pathAdvice(path: string): string {
  const { host, rest } = withoutHost(path.trim());
  if (host !== undefined) return `: use host ${host}, and path ${quotable(rest === '' ? '/' : rest)}`;
  return /^[\w.~%-][\w.~%/-]*$/.test(rest) ? `: write /${quotable(rest)}` : '';
}

function withoutHost(path: string): { host: string | undefined; rest: string } {
  const isUrl = /^[a-z]+:\/\//i.test(path) || HOST_BEFORE_PATH.test(path);
  const parts = isUrl ? partsOfUrl(path) : undefined;
  return { host: parts && quotable(parts.host), rest: parts?.path ?? path };
}

function quotable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
