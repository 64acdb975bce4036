// Events in a stream of the type `text/event-stream`: blocks of lines, each followed by an empty line.
import type { Readable } from 'node:stream';

/** Limit for the text of one event, several times the largest one of a runtime. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

/**
 * The data of each event. Blocks without data are comments or settings and are skipped. A stream that breaks ends the
 * events, and so does an event without an end.
 */
export async function* eventData(stream: Readable): AsyncGenerator<string> {
  let unread = '';
  try {
    for await (const part of stream.setEncoding('utf8')) {
      const blocks = `${unread}${part}`.split('\n\n');
      unread = blocks.pop() ?? '';
      if (unread.length > MAX_EVENT_CHARACTERS) return;
      yield* blocks.map(dataOf).filter((data) => data !== '');
    }
  } catch {}
}

function dataOf(block: string): string {
  const lines = block.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}
