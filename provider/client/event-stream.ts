// Events in a stream of the type `text/event-stream`: blocks of lines, each followed by an empty line.
import type { Readable } from 'node:stream';

/**
 * The data of each event. Blocks without data are comments or settings and are skipped. A stream that breaks ends the
 * events.
 */
export async function* eventData(stream: Readable): AsyncGenerator<string> {
  let unread = '';
  try {
    for await (const part of stream.setEncoding('utf8')) {
      const blocks = `${unread}${part}`.split('\n\n');
      unread = blocks.pop() ?? '';
      yield* blocks.map(dataOf).filter((data) => data !== '');
    }
  } catch {}
}

function dataOf(block: string): string {
  const lines = block.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}
