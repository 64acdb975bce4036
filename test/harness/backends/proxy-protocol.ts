// Reads the PROXY header at the beginning of what a target got: the receiver's side of the specification, for tests.

interface ReceivedHeader {
  readonly version: 'v1' | 'v2';
  /** 'none': the connection is of the proxy itself, or of a client that it does not name. */
  readonly family: 'IPv4' | 'IPv6' | 'none';
  /** "address port", addresses as IPv4 or as eight groups. */
  readonly source: string;
  readonly destination: string;
  /** How many bytes it has. */
  readonly length: number;
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/** `text` is latin1. Undefined: more must come. Throws where it is no header. */
export function readProxyHeader(text: string): ReceivedHeader | undefined {
  if (text.startsWith('PROXY ')) return readV1(text);
  if (text.startsWith(SIGNATURE)) return readV2(Buffer.from(text, 'latin1'));
  if (!'PROXY '.startsWith(text) && !SIGNATURE.startsWith(text)) throw new Error(`no header: ${JSON.stringify(text)}`);
  return undefined;
}

function readV1(text: string): ReceivedHeader | undefined {
  const end = text.indexOf('\r\n');
  if (end === -1) return undefined;
  const length = end + 2;
  const line = text.slice(0, end);
  if (line === 'PROXY UNKNOWN') return { version: 'v1', family: 'none', source: '', destination: '', length };
  const [, version, from, to, fromPort, toPort] = /^PROXY TCP([46]) (\S+) (\S+) (\d+) (\d+)$/.exec(line) ?? [];
  if (!from || !to || line.length > 105) throw new Error(`malformed line: ${line}`);
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
    throw new Error(`malformed header: ${bytes.toString('hex', 0, length)}`);
  }
  const end = (at: number, portAt: number) => {
    const raw = bytes.subarray(at, at + size);
    const words = Array.from({ length: size / 2 }, (_, i) => raw.readUInt16BE(2 * i).toString(16));
    return `${family === 'IPv4' ? [...raw].join('.') : words.join(':')} ${bytes.readUInt16BE(portAt)}`;
  };
  const source = end(16, 16 + 2 * size);
  return { version: 'v2', family, source, destination: end(16 + size, 18 + 2 * size), length };
}

/** "::1" as "0:0:0:0:0:0:0:1". */
function groups(address: string): string {
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  return [...left, ...new Array(8 - left.length - right.length).fill('0'), ...right].join(':');
}
