// The events of a stream as `text/event-stream` has them: blocks of lines, with an empty line behind each.
import type { Readable } from 'node:stream';

/** The data of each event; blocks without data are comments and settings. A stream that breaks has ended. */
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
