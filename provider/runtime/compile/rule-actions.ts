// The actions of a stored rule become those of the snapshot.
import { DEFAULT_CONTENT_TYPE } from '../../model/objects/fixed-response.ts';
import type { ForwardingRuleProperties } from '../../model/objects/forwarding-rule.ts';
import type { HeaderEditsProperties } from '../../model/objects/header-edits.ts';
import type { OwnResponse } from '../../model/objects/rule-actions.ts';
import type {
  FixedResponseSnapshot,
  HeaderEditsSnapshot,
  RedirectSnapshot,
  RuleActionsSnapshot,
} from '../contract/rule-actions.ts';

/** `own`: the response of the rule itself, which a rule that waits for targets has from before. */
export function compileActions(
  { path, pathMatch, rewrite, requestHeaders, responseHeaders }: ForwardingRuleProperties,
  own: OwnResponse | undefined,
): RuleActionsSnapshot | undefined {
  if ([own, rewrite, requestHeaders, responseHeaders].every((action) => action === undefined)) return undefined;
  return Object.freeze({
    own: own && compileOwn(own),
    rewrite: rewrite && {
      host: rewrite.host,
      path: rewrite.path,
      matched: path === undefined ? [] : [{ path, pathMatch }],
    },
    requestHeaders: requestHeaders && compileEdits(requestHeaders),
    responseHeaders: responseHeaders && compileEdits(responseHeaders),
  });
}

function compileOwn(own: OwnResponse): RedirectSnapshot | FixedResponseSnapshot {
  if ('redirect' in own) {
    const { status, protocol, host, port, path, query } = own.redirect;
    const scheme = protocol === undefined ? undefined : protocol === 'HTTPS' ? 'https' : 'http';
    return { type: 'redirect', status, protocol: scheme, host, port, path, query };
  }
  const { status, contentType = DEFAULT_CONTENT_TYPE, body } = own.fixedResponse;
  return { type: 'fixedResponse', status, contentType, body };
}

function compileEdits({ set = {}, add = {}, remove = [] }: HeaderEditsProperties): HeaderEditsSnapshot {
  return { set, add, remove };
}
