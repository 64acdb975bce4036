// The actions of a rule, prepared once for all of its requests.
import type { RewriteSnapshot, RuleActionsSnapshot } from '../../../contract/rule-actions.ts';
import type { Request } from '../message/request.ts';
import type { Response } from '../message/response.ts';
import { FieldEdits } from './field-edits.ts';
import { Redirect } from './redirect.ts';
import { FixedResponse, type OwnResponder, type RuleResponse } from './rule-response.ts';
import { rewrittenHead } from './target-rewrite.ts';

export class RuleActions {
  /** What the rule responds itself. `undefined` for a rule with targets. */
  readonly own: OwnResponder | undefined;
  readonly #rewrite: RewriteSnapshot | undefined;
  readonly #requestEdits: FieldEdits | undefined;
  readonly #responseEdits: FieldEdits | undefined;

  constructor({ own, rewrite, requestHeaders, responseHeaders }: RuleActionsSnapshot) {
    if (own !== undefined) this.own = own.type === 'redirect' ? new Redirect(own) : new FixedResponse(own);
    this.#rewrite = rewrite;
    this.#requestEdits = requestHeaders && new FieldEdits(requestHeaders);
    this.#responseEdits = responseHeaders && new FieldEdits(responseHeaders);
  }

  /** The head of a request as the rule's targets get it. */
  headFor(request: Request): string {
    if (this.#rewrite === undefined && this.#requestEdits === undefined) return request.head;
    return rewrittenHead(request, this.#rewrite, this.#requestEdits);
  }

  /** Edits the fields of a target's final response, which was read. */
  edit(response: Response): void {
    if (this.#responseEdits !== undefined) response.lines = this.#responseEdits.apply(response.lines);
  }

  /** The response of the rule itself with edited fields. */
  edited(response: RuleResponse): RuleResponse {
    if (this.#responseEdits === undefined) return response;
    return { ...response, lines: this.#responseEdits.apply(response.lines) };
  }
}
