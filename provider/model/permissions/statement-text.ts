// Statements of a token as text in one line.
import type { Statement } from './statement.ts';

/**
 * The statement in a text such as "slb:AddBackendServers,slb:Describe* on loadbalancer/web-*,instance/*". Returns
 * `undefined` if the text has another form.
 */
export function parseStatement(text: string): Statement | undefined {
  const [actions, resources, ...rest] = text.trim().split(/\s+on\s+/);
  if (actions === undefined || resources === undefined || rest.length > 0) return undefined;
  return { actions: listOf(actions), resources: listOf(resources) };
}

/** A statement in one line: the inverse of `parseStatement`. */
export function statementText({ actions, resources }: Statement): string {
  return `${actions.join(',')} on ${resources.join(',')}`;
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
