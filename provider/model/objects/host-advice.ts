// Advice for text that is no host name: the host name in a URL or pattern, in the form that is matched here.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Scheme and user, host with port, and path of a URL, each of which may be missing. */
const URL_PARTS = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(:\d+)?([/?#].*)?$/i;

/** A pattern for every host. */
const EVERY_HOST = /^[~^]*\.?\*+(\.\*+)*\$?$/;
/** The signs of a pattern, or a dot at the beginning, which means all hosts of a domain elsewhere. */
const PATTERN = /[*?^$()[\]{}|\\+~]|^\./;

/** The parts of text that is a URL, or a host with a port or a path. Returns `undefined` for other text. */
export function partsOfUrl(value: string): { host: string; port: string; path: string } | undefined {
  const [, host = '', port = '', path = ''] = URL_PARTS.exec(value.trim()) ?? [];
  return host === '' || host === value ? undefined : { host, port, path };
}

/**
 * The end of a message about text that is no host name of a rule or a certificate. `isHost`: whether text is one.
 * `everyHost`: what to do instead of a pattern for every host.
 */
export function hostAdvice(value: string, isHost: (text: string) => boolean, everyHost: string): string {
  const { host = value, path = '' } = partsOfUrl(value) ?? {};
  if (host !== value && isHost(host)) return `: write ${host}${path.length > 1 ? ' without the path' : ''}`;
  if (isIP(value) === 6) return isHost(`[${value}]`) ? `: write [${value}]` : '';
  if (EVERY_HOST.test(value)) return `: ${everyHost}`;
  if (PATTERN.test(host)) {
    const domain = domainOf(host);
    const use = isHost(`*.${domain}`) ? `: use *.${domain}` : '';
    return `, and other patterns are not matched${use}`;
  }
  const names = value.split(/[\s,;]+/);
  if (names.length > 1 && names.every((name) => name.includes('.') && isHost(name))) return ': give one name';
  const ascii = domainToASCII(value);
  return ascii !== value && isHost(ascii) ? `: write ${ascii}` : '';
}

/** The labels behind the last sign of a pattern, of which there are at least two in a domain. */
function domainOf(pattern: string): string {
  const labels = pattern.replace(/\\\./g, '.').replace(/\$$/, '').split('.');
  const first = labels.findLastIndex((label) => PATTERN.test(label) || label === '');
  const rest = labels.slice(first + 1);
  return rest.length > 1 ? rest.join('.') : '';
}
