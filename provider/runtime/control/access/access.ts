// Access of API callers: the administrator may do everything, other callers what the statements of their token permit.

import { type Problem, problemsText, WeirError } from '../../../model/base/errors.ts';
import { matchesOwner } from '../../../model/base/owners.ts';
import type { Actions, Permission } from '../../../model/permissions/actions.ts';
import { permits, permitsSome } from '../../../model/permissions/statement.ts';
import type { TokenProperties } from '../../../model/permissions/token.ts';

/** A permission that a request needs: at least one of the actions on at least one of the resources. */
export interface Need {
  readonly actions: Actions;
  readonly resources: readonly [string, ...string[]];
  /** Path of the property because of which the permission is needed; "" for the whole object. */
  readonly path: string;
  /** What errors call the resource, if its id is not for a caller without the permission. */
  readonly shown?: string;
}

export interface Access {
  readonly isAdministrator: boolean;
  /** Id of the caller's token; `undefined` for the administrator. */
  readonly tokenId: string | undefined;
  /** The caller's name in errors, such as `the token "ci"`. */
  readonly name: string;
  /** False once the caller's token was revoked or has expired. */
  readonly isLive: boolean;
  may(need: Need): boolean;
  /**
   * Whether the caller has the permission on at least one possible resource of one of the types. `object`: the resource
   * that the request names; of its type, no other resource counts.
   */
  maySome(permission: Permission, object?: string): boolean;
  /** Patterns of the owners for which the caller may write. `undefined`: for any owner, and for none. */
  readonly owners: readonly string[] | undefined;
  /** Whether the caller may write objects of the owner. `undefined` stands for objects without an owner. */
  mayWriteFor(owner: string | undefined): boolean;
}

export const ADMINISTRATOR: Access = {
  isAdministrator: true,
  tokenId: undefined,
  name: 'the administrator',
  isLive: true,
  may: () => true,
  maySome: () => true,
  owners: undefined,
  mayWriteFor: () => true,
};

export class TokenAccess implements Access {
  readonly isAdministrator = false;
  readonly tokenId: string;
  readonly name: string;
  readonly owners: readonly string[] | undefined;
  readonly #statements: TokenProperties['statements'];
  readonly #isLive: () => boolean;

  constructor(
    { id, name, statements, owners }: Readonly<TokenProperties> & { readonly id: string },
    isLive: () => boolean,
  ) {
    this.tokenId = id;
    this.name = `the token ${JSON.stringify(name)}`;
    this.owners = owners;
    this.#statements = statements;
    this.#isLive = isLive;
  }

  get isLive(): boolean {
    return this.#isLive();
  }

  may({ actions, resources }: Need): boolean {
    return resources.some((resource) => permits(this.#statements, actions, resource));
  }

  maySome(permission: Permission, object?: string): boolean {
    return permitsSome(this.#statements, permission, object);
  }

  mayWriteFor(owner: string | undefined): boolean {
    return this.owners === undefined || matchesOwner(this.owners, owner);
  }
}

/** Throws `Forbidden` naming every permission that the caller lacks, or `Unauthenticated` if the token is invalid. */
export function demand(access: Access, needs: readonly Need[]): void {
  if (!access.isLive) throw new WeirError('Unauthenticated', `${capital(access.name)} was revoked or has expired.`);
  const missing = needs.filter((need) => !access.may(need));
  if (missing.length === 0) return;
  throw forbidden(
    access,
    missing.map(({ actions, resources, path, shown }) => {
      return { path, message: `needs ${oneOf(actions)} on ${shown ?? coveringText(resources)}` };
    }),
  );
}

/**
 * Throws `Forbidden` if the caller has none of the permissions on any resource. `object`: the resource that the request
 * names, so that a caller who may not know it is refused in the same words whether or not it exists.
 */
export function demandSome(access: Access, permissions: readonly Permission[], object?: string): void {
  if (permissions.some((permission) => access.maySome(permission, object))) return;
  const named = object?.split('/')[0];
  const texts = permissions.map(({ actions, types }) => {
    const resources = types.map((type) => (type === named ? object : resourceText(type, 'some ')));
    return `${oneOf(actions)} on ${resources.join(' or ')}`;
  });
  throw forbidden(access, [{ path: '', message: `needs ${texts.slice(0, 2).join(' or ')}` }]);
}

export function demandAdministrator(access: Access): void {
  if (access.isAdministrator) return;
  const message = `${capital(access.name)} may not manage tokens. Use the administrator's token from the file admin-token in the runtime's data directory.`;
  throw new WeirError('Forbidden', message);
}

/** Whether the caller has every needed permission. If `needs` is empty, only the administrator may see the object. */
export function mayAll(access: Access, needs: readonly Need[]): boolean {
  return access.isAdministrator || (needs.length > 0 && needs.every((need) => access.may(need)));
}

function forbidden(access: Access, problems: readonly Problem[]): WeirError {
  const text = problemsText(problems, ({ path, message }) => `${path === '' ? 'it' : path} ${message}`);
  return new WeirError(
    'Forbidden',
    `${capital(access.name)} does not allow this request: ${text}. The administrator can create a token that does with \`weir token create\`.`,
    problems.map((problem) => ({ ...problem, code: 'Forbidden' })),
  );
}

/** The text of alternative resources in an error. The load balancer above an object is not named: its id may be secret. */
function coveringText(resources: Need['resources']): string {
  const own = resources.at(-1) ?? '';
  return /^(?:listener|rule)\//.test(own) ? `${own} or on its load balancer` : own;
}

/** The text of alternative actions in an error. Of three or more actions, only the first is named. */
function oneOf(actions: Actions): string {
  return actions.length > 2 ? `an action such as ${actions[0]}` : actions.join(' or ');
}

/** A type of resource as texts name it: `runtime`, or for other types such as `loadbalancer/ID`. */
export function resourceText(type: Permission['types'][number], article = ''): string {
  return type === 'runtime' ? type : `${article}${type}/ID`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
