// A reader of PROXY protocol headers in the bytes that a target received, written from the receiver's side of the
// specification.

interface ReceivedHeader {
  readonly version: 'v1' | 'v2';
  /** 'none' if the proxy opened the connection on its own behalf, or if the header does not name the client. */
  readonly family: 'IPv4' | 'IPv6' | 'none';
  /** Address and port of the source, separated by a space. An IPv6 address is written as eight groups without `::`. */
  readonly source: string;
  readonly destination: string;
  /** Length of the PROXY header in bytes. */
  readonly length: number;
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/**
 * Reads the header at the start of `text` (latin1). Returns `undefined` if the header is incomplete; throws if `text`
 * does not begin with a PROXY header.
 */
export function readProxyHeader(text: string): ReceivedHeader | undefined {
  if (text.startsWith('PROXY ')) return readV1(text);
  if (text.startsWith(SIGNATURE)) return readV2(Buffer.from(text, 'latin1'));
  if (!'PROXY '.startsWith(text) && !SIGNATURE.startsWith(text))
    throw new Error(`not a PROXY header: ${JSON.stringify(text)}`);
  return undefined;
}

function readV1(text: string): ReceivedHeader | undefined {
  const end = text.indexOf('\r\n');
  if (end === -1) return undefined;
  const length = end + 2;
  const line = text.slice(0, end);
  if (line === 'PROXY UNKNOWN') return { version: 'v1', family: 'none', source: '', destination: '', length };
  const [, version, from, to, fromPort, toPort] = /^PROXY TCP([46]) (\S+) (\S+) (\d+) (\d+)$/.exec(line) ?? [];
  if (!from || !to || line.length > 105) throw new Error(`malformed PROXY v1 header: ${line}`);
  const family = version === '4' ? 'IPv4' : 'IPv6';
  const named = (address: string) => (family === 'IPv4' ? address : groups(address));
  return { version: 'v1', family, source: `${named(from)} ${fromPort}`, destination: `${named(to)} ${toPort}`, length };
}

function readV2(bytes: Buffer): ReceivedHeader | undefined {
  if (bytes.length < 16 || bytes.length < 16 + bytes.readUInt16BE(14)) return undefined;
  const [command, kind, length] = [bytes[12], bytes[13], 16 + bytes.readUInt16BE(14)];
  if (command === 0x20) return { version: 'v2', family: 'none', source: '', destination: '', length };
  const family = kind === 0x11 ? 'IPv4' : 'IPv6';
  const size = family === 'IPv4' ? 4 : 16;
  if (command !== 0x21 || (kind !== 0x11 && kind !== 0x21) || length !== 20 + 2 * size) {
    throw new Error(`malformed PROXY v2 header: ${bytes.toString('hex', 0, length)}`);
  }
  const end = (at: number, portAt: number) => {
    const raw = bytes.subarray(at, at + size);
    const words = Array.from({ length: size / 2 }, (_, i) => raw.readUInt16BE(2 * i).toString(16));
    return `${family === 'IPv4' ? [...raw].join('.') : words.join(':')} ${bytes.readUInt16BE(portAt)}`;
  };
  const source = end(16, 16 + 2 * size);
  return { version: 'v2', family, source, destination: end(16 + size, 18 + 2 * size), length };
}

/** Expands the `::` of an IPv6 address: "::1" becomes "0:0:0:0:0:0:0:1". */
function groups(address: string): string {
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  return [...left, ...new Array(8 - left.length - right.length).fill('0'), ...right].join(':');
}
