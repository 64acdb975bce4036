// A backend that logs in connections, as NTLM and Negotiate do: the user of a connection is whoever logged in on it.
import type { TestContext } from 'node:test';
import { ok, ScriptedBackend, type ScriptedPeer } from './http-peers.ts';

/** Starts a backend whose responses name the connection, the user who logged in on it, and the method. */
export function loginBackend(t: TestContext, name = ''): Promise<ScriptedBackend> {
  return ScriptedBackend.start(t, async (peer, number) => {
    let isChallenged = false;
    let user = 'nobody';
    for (;;) {
      const head = await nextHead(peer);
      if (head === undefined) break;
      const [, scheme = 'NTLM', token = ''] = /^authorization: (\w+) (\S+)/im.exec(head) ?? [];
      if (token.startsWith('user-') && isChallenged) user = token.slice('user-'.length);
      const isAllowed = user !== 'nobody' || head.includes(' /open ');
      isChallenged = !isAllowed && token === 'begin';
      const challenge = `WWW-Authenticate: ${scheme}${isChallenged ? ' challenge' : ''}\r\n`;
      const text = ok(`${name}${number} ${user} ${head.split(' ')[0]}`, isAllowed ? '' : challenge);
      peer.write(isAllowed ? text : text.replace('200 OK', '401 Unauthorized'));
    }
    peer.socket.end();
  });
}

/** Takes the next request with its body and returns its head, or `undefined` after the end of the connection. */
export async function nextHead(peer: ScriptedPeer): Promise<string | undefined> {
  await peer.until(() => peer.isClosed || peer.isEnded || peer.received.includes('\r\n\r\n'), 'a request');
  if (!peer.received.includes('\r\n\r\n')) return undefined;
  const head = await peer.head();
  await peer.body(Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0));
  return head;
}
