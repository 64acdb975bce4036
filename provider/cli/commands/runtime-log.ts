// The log of `weir serve` on standard error: its levels, and its lines as JSON or as text.
import { type Logger, pino } from 'pino';
import { json } from '../../model/base/json.ts';
import { inLines, inOneLine } from '../../model/base/one-line.ts';
import type { LOG_FORMATS, LOG_LEVELS } from './log-choices.ts';
import { LogOutput } from './log-output.ts';

export interface RuntimeLogOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly format: (typeof LOG_FORMATS)[number];
}

export function runtimeLog({ level, format }: RuntimeLogOptions): Logger {
  const shown = format === 'text' ? textLine : inLines;
  const output = new LogOutput((lost) =>
    logger.warn({ lost }, 'lines were lost, because the reader of the log is slow'),
  );
  // Weir's messages name their causes already.
  const serializers = { err: pino.stdSerializers.errWithCause };
  const logger = pino({ name: 'weir', level, serializers }, { write: (line) => output.write(shown(line)) });
  return logger;
}

/** Fields that are the same in each line, or are shown at its beginning. */
const LEADING = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg']);
/** Values that are shown without quotation marks. */
const PLAIN = /^[^\s"=\\{}[\]]+$/;

/**
 * A JSON line of pino as text: time, level, message, then `name=value` of each field. The stack of an error follows in
 * indented lines. A line that is no JSON is kept.
 */
export function textLine(line: string): string {
  const parsed = json(line);
  if (typeof parsed !== 'object' || parsed === null) return inLines(line);
  const record = parsed as Record<string, unknown>;
  const level = pino.levels.labels[Number(record.level)] ?? '';
  const head = `${new Date(Number(record.time)).toISOString()} ${level.toUpperCase().padEnd(5)} ${record.msg}`;
  const fields = Object.entries(record).filter(([name]) => !LEADING.has(name));
  const texts = fields.map(([name, value]) => `${name}=${fieldText(name === 'err' ? messageOf(value) : value)}`);
  const stack = fields.flatMap(([name, value]) => (name === 'err' ? framesOf(value) : []));
  return [[head, ...texts].join(' '), ...stack].map((text) => `${inOneLine(text)}\n`).join('');
}

function fieldText(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value);
}

function messageOf(error: unknown): unknown {
  return (error as { readonly message?: unknown } | null)?.message ?? error;
}

function framesOf(error: unknown): string[] {
  const { stack } = (error ?? {}) as { readonly stack?: unknown };
  if (typeof stack !== 'string') return [];
  return stack.split('\n').filter((frame) => /^ +at /.test(frame));
}
