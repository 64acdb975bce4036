// Values as TypeScript literals: on one line if they fit, else with one property a line.
import { isRecord } from '../../model/base/record.ts';

/** Longest line in characters, which is the default of common formatters. */
const WIDTH = 80;

/** A TypeScript expression among values, such as `lb.id`. */
export class Expression {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A value as TypeScript source. `indent` is the indentation of its first line. `before` and `after` are the numbers of
 * characters that stand before and after the value on that line.
 */
export function literal(value: unknown, indent = '', before = 0, after = 0): string {
  const inline = onOneLine(value);
  const isWide = indent.length + before + inline.length + after > WIDTH;
  if (typeof value === 'string' && isTemplate(value)) return `\`${value}\``;
  if (!isWide && !hasTemplate(value)) return inline;
  const line = (text: string) => `${indent}  ${text},\n`;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => line(literal(item, `${indent}  `, 0, 1))).join('')}${indent}]`;
  }
  if (!isObject(value)) return inline;
  const lines = Object.entries(value).map(([key, item]) => {
    const name = `${propertyName(key)}: `;
    return line(name + literal(item, `${indent}  `, name.length, 1));
  });
  return `{\n${lines.join('')}${indent}}`;
}

function onOneLine(value: unknown): string {
  if (value instanceof Expression) return value.text;
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (!isObject(value)) return visible(JSON.stringify(value));
  const entries = Object.entries(value).map(([key, item]) => `${propertyName(key)}: ${onOneLine(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : visible(JSON.stringify(key));
}

/** A JSON text with escapes for characters that are invisible or that change the direction of the text after them. */
function visible(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !(value instanceof Expression);
}

/**
 * Whether a text, such as PEM, is written as a template literal: it has several lines, and no character with a meaning
 * there.
 */
function isTemplate(text: string): boolean {
  return text.includes('\n') && /^[\x20-\x7e\n]*$/.test(text) && !/[`\\$]/.test(text);
}

function hasTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value);
  return isObject(value) || Array.isArray(value) ? Object.values(value).some(hasTemplate) : false;
}
