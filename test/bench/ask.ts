// A single request of the benchmark, with or without TLS. The benchmark makes its own certificate and does not verify
// it.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';

interface Asked {
  readonly status: number | undefined;
  readonly body: Buffer;
}

export async function ask(url: string): Promise<Asked> {
  const sent = url.startsWith('https:')
    ? getSecurely(url, { agent: false, rejectUnauthorized: false })
    : get(url, { agent: false });
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return { status: response.statusCode, body: Buffer.concat(pieces) };
}
