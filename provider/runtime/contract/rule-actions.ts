// What a rule does with its requests besides choosing targets, with every default filled in.

/** A redirect. A part that is `undefined` stays as it is in the request; the others may have placeholders. */
export interface RedirectSnapshot {
  readonly type: 'redirect';
  readonly status: number;
  readonly protocol: 'http' | 'https' | undefined;
  readonly host: string | undefined;
  readonly port: number | '{port}' | undefined;
  readonly path: string | undefined;
  readonly query: string | undefined;
}

export interface FixedResponseSnapshot {
  readonly type: 'fixedResponse';
  readonly status: number;
  readonly contentType: string;
  /** The text of the body. `undefined` for a response without one. */
  readonly body: string | undefined;
}

export interface RewriteSnapshot {
  /** The Host for targets. `undefined` for that of the request. */
  readonly host: string | undefined;
  /** The path that takes the place of the matched one. `undefined` for the request's. */
  readonly path: string | undefined;
  /** The paths of the rule, one of which a request has matched. */
  readonly matched: readonly { readonly path: string; readonly pathMatch: 'prefix' | 'exact' }[];
}

/** Edits of header fields. A field that is set replaces all of its name; one that is added stands beside them. */
export interface HeaderEditsSnapshot {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export interface RuleActionsSnapshot {
  /** The response of the rule itself. `undefined` for a rule with targets. */
  readonly own: RedirectSnapshot | FixedResponseSnapshot | undefined;
  readonly rewrite: RewriteSnapshot | undefined;
  readonly requestHeaders: HeaderEditsSnapshot | undefined;
  readonly responseHeaders: HeaderEditsSnapshot | undefined;
}
