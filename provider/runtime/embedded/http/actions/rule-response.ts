// The responses of rules themselves: redirects and fixed responses, as status, field lines and body.
import { STATUS_CODES } from '../../../../model/base/node-http.ts';
import type { FixedResponseSnapshot } from '../../../contract/rule-actions.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Request } from '../message/request.ts';

/** A response of a rule itself. */
export interface RuleResponse {
  readonly status: number;
  /** Field lines without Content-Length and Connection. */
  readonly lines: string;
  /** The bytes of the body as latin1 text. `undefined` for a response that has none by its status. */
  readonly body: string | undefined;
}

export type OwnResponseType = 'redirect' | 'fixedResponse';

/** What a rule responds itself. */
export interface OwnResponder {
  readonly type: OwnResponseType;
  /** The response to a request, or a local response if this request can have none of the rule. */
  respondTo(request: Request): RuleResponse | LocalResponse;
}

export function isRuleResponse(response: RuleResponse | LocalResponse): response is RuleResponse {
  return 'lines' in response;
}

export class FixedResponse implements OwnResponder {
  readonly type = 'fixedResponse';
  readonly #response: RuleResponse;

  constructor({ status, contentType, body }: FixedResponseSnapshot) {
    const lines = body === undefined ? '' : `Content-Type: ${contentType}\r\n`;
    this.#response = { status, lines, body: isBodiless(status) ? undefined : bytesOf(body ?? '') };
  }

  respondTo(): RuleResponse {
    return this.#response;
  }
}

/** The text of a response with HTTP/1.1. A response to HEAD has the fields of the one to GET, and no body. */
export function ruleResponseText({ status, lines, body }: RuleResponse, connection: string, isHead: boolean): string {
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}${length}${connection}\r\n`;
  return isHead || body === undefined ? head : head + body;
}

/** RFC 9110 8.6 and 15.4.5: a 204 has no length, and that of a 304 would be that of another response. */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
