// One request of the benchmark's own, over TLS too; the certificate is the benchmark's own and is not verified.
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
