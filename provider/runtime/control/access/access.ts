// Who makes a call and what that caller may do: the administrator everything, the bearer of a token what its statements permit.

import { type Problem, WeirError } from '../../../model/base/errors.ts';
import type { Actions, Permission } from '../../../model/permissions/actions.ts';
import { permits, permitsSome, type Statement } from '../../../model/permissions/statement.ts';

/** One of the actions, on one resource. */
export interface Need {
  readonly actions: Actions;
  readonly resource: string;
  /** The property that asks for it; "": the whole object. */
  readonly path: string;
}

export interface Access {
  readonly isAdministrator: boolean;
  /** As errors name the caller. */
  readonly name: string;
  /** False once its token was revoked or has expired. */
  readonly isLive: boolean;
  may(need: Need): boolean;
  /** On any resource of the type. */
  maySome(permission: Permission): boolean;
}

export const ADMINISTRATOR: Access = {
  isAdministrator: true,
  name: 'the administrator',
  isLive: true,
  may: () => true,
  maySome: () => true,
};

export class TokenAccess implements Access {
  readonly isAdministrator = false;
  readonly name: string;
  readonly #statements: readonly Statement[];
  readonly #isLive: () => boolean;

  constructor(name: string, statements: readonly Statement[], isLive: () => boolean) {
    this.name = `the token ${JSON.stringify(name)}`;
    this.#statements = statements;
    this.#isLive = isLive;
  }

  get isLive(): boolean {
    return this.#isLive();
  }

  may({ actions, resource }: Need): boolean {
    return permits(this.#statements, actions, resource);
  }

  maySome(permission: Permission): boolean {
    return permitsSome(this.#statements, permission);
  }
}

/** Throws Forbidden with every need that is not met. */
export function demand(access: Access, needs: readonly Need[]): void {
  if (!access.isLive) throw new WeirError('Unauthenticated', `${capital(access.name)} was revoked or has expired.`);
  const missing = needs.filter((need) => !access.may(need));
  if (missing.length === 0) return;
  throw forbidden(
    access,
    missing.map(({ actions, resource, path }) => ({ path, message: `needs ${oneOf(actions)} on ${resource}` })),
  );
}

/** Throws Forbidden where the caller has none of the permissions anywhere. */
export function demandSome(access: Access, permissions: readonly Permission[]): void {
  if (permissions.some((permission) => access.maySome(permission))) return;
  const texts = permissions.map(
    ({ actions, type }) => `${oneOf(actions)} on ${type === 'runtime' ? type : `some ${type}/ID`}`,
  );
  throw forbidden(access, [{ path: '', message: `needs ${texts.slice(0, 2).join(' or ')}` }]);
}

export function demandAdministrator(access: Access): void {
  if (access.isAdministrator) return;
  const message = `${capital(access.name)} may not manage tokens: that is for the administrator's, which is in admin-token in the runtime's data directory.`;
  throw new WeirError('Forbidden', message);
}

/** Of nothing that needs nothing: what cannot be placed is shown to nobody but the administrator. */
export function mayAll(access: Access, needs: readonly Need[]): boolean {
  return access.isAdministrator || (needs.length > 0 && needs.every((need) => access.may(need)));
}

function forbidden(access: Access, problems: readonly Problem[]): WeirError {
  const text = problems.map(({ path, message }) => `${path === '' ? 'it' : path} ${message}`).join('; ');
  return new WeirError(
    'Forbidden',
    `${capital(access.name)} does not allow this: ${text}. The administrator makes one that does with \`weir token create\`.`,
    problems.map((problem) => ({ ...problem, code: 'Forbidden' })),
  );
}

/** Where many would do, as for a route that a whole object is put to, one of them says which kind. */
function oneOf(actions: Actions): string {
  return actions.length > 2 ? `an action such as ${actions[0]}` : actions.join(' or ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
