// Advice for text that is no address and no network: the one that it contains, or that host names are not resolved.
import { isIP } from 'node:net';

/** A host name of letters in some label. Text of digits and dots is a mistyped address. */
const HOST_NAME = /^(?=.*\p{L})[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u;
/** An address or a host name as part of a URL, or with a port. */
const PLACE = /^(?:[a-z]+:\/\/)?(?:\[([^\]]*)\]|([^/:]+))(?::\d+)?(?:\/.*)?$/;

/** The end of a message about text that is no address. Returns an empty text if there is no advice. */
export function addressAdvice(value: string): string {
  const place = placeIn(value);
  return place !== value && isIP(place) !== 0 ? `: write ${place}` : hostNameAdvice(value);
}

/** The end of a message about text that is no network. */
export function networkAdvice(value: string): string {
  const [address = ''] = value.split('/');
  // The number behind the address is wrong.
  if (address !== value && isIP(address) !== 0) return '';
  const place = placeIn(value);
  const version = isIP(place);
  return version === 0 ? hostNameAdvice(value) : `: write ${place}/${version === 4 ? 32 : 128} for this address`;
}

/** Says of a host name, in place of an address or a network, that it is not resolved. */
export function hostNameAdvice(value: string): string {
  return HOST_NAME.test(placeIn(value)) ? ': host names are not resolved' : '';
}

function placeIn(value: string): string {
  const [, bracketed, plain = value] = PLACE.exec(value) ?? [];
  return isIP(value) === 0 ? (bracketed ?? plain).trim() : value;
}
