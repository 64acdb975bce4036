// The grammar of chunk extensions (RFC 9112 7.1.1), one byte at a time: *( BWS ";" BWS name [ BWS "=" BWS value ] ).
import { FIELD_VALUE, HTAB, SEMICOLON, SP, TOKEN } from './characters.ts';

/** State after a whole name or value and whitespace: only another extension may follow. */
const AFTER_VALUE_SPACE = 0;
/** State after the semicolon that begins an extension. */
export const BEGUN = 1;
const NAME = 2;
const AFTER_NAME = 3;
const BEFORE_VALUE = 4;
const TOKEN_VALUE = 5;
const QUOTED = 6;
const ESCAPED = 7;
const AFTER_QUOTED = 8;
/** The result for a byte that may not come in the state. */
export const MALFORMED = -1;

const QUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/**
 * Returns true if a chunk's size line may end in the state: after a name without a value, or after a value. With
 * `isRepaired`, blanks may follow.
 */
export function mayEnd(state: number, isRepaired: boolean): boolean {
  if (state === NAME || state === TOKEN_VALUE || state === AFTER_QUOTED) return true;
  return isRepaired && (state === AFTER_NAME || state === AFTER_VALUE_SPACE);
}

/** Returns the state after one more byte, which is no line end, or `MALFORMED`. */
export function nextState(state: number, byte: number): number {
  if (state === QUOTED) {
    if (byte === QUOTE) return AFTER_QUOTED;
    if (byte === BACKSLASH) return ESCAPED;
  }
  // RFC 9110 5.6.4: quoted text and what a backslash escapes are visible characters, spaces and tabs.
  if (state === QUOTED || state === ESCAPED) return FIELD_VALUE[byte] === 1 ? QUOTED : MALFORMED;
  if (byte === SP || byte === HTAB) return afterSpace(state);
  const isToken = TOKEN[byte] === 1;
  switch (state) {
    case BEGUN:
      return isToken ? NAME : MALFORMED;
    case BEFORE_VALUE:
      if (byte === QUOTE) return QUOTED;
      return isToken ? TOKEN_VALUE : MALFORMED;
    case NAME:
    case TOKEN_VALUE:
      if (isToken) return state;
  }
  if (byte === SEMICOLON) return BEGUN;
  return byte === EQUALS && (state === NAME || state === AFTER_NAME) ? BEFORE_VALUE : MALFORMED;
}

function afterSpace(state: number): number {
  if (state === NAME) return AFTER_NAME;
  return state === TOKEN_VALUE || state === AFTER_QUOTED ? AFTER_VALUE_SPACE : state;
}
