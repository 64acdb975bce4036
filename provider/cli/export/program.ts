// A running configuration as a stack's program: TypeScript that adopts each object, made from responses of the API.
import { type ApiObject, warningsOf } from '../../model/api/objects.ts';
import { KINDS, type Kind, type ResourceClass } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import type { Properties } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { resourceOf } from '../../resources/registry.ts';
import { argumentsOf } from './arguments.ts';
import { Expression, literal } from './literal.ts';
import { nameOfId, unique, variableName } from './names.ts';
import { inOrder } from './order.ts';
import { type Authority, reachCommands } from './reach.ts';
import { Secrets } from './secrets.ts';

/** The noun at the end of a variable's name, for resource types that do not use their own name. */
const NOUNS: { readonly [Class in ResourceClass]?: string } = {
  ForwardingRule: 'Rule',
  BackendServer: 'Server',
  AutoScalingGroup: 'Group',
};

/** A resource that the exported program declares. */
interface Declared {
  readonly description: ResourceDescription;
  readonly stored: ApiObject;
  readonly name: string;
  readonly variable: string;
}

/**
 * The program that adopts the objects. `endpoint` is the endpoint of the runtime that they run in, and `authority` the
 * one that signed the certificate of an `https` endpoint.
 */
export function exportedProgram(
  endpoint: string,
  objects: ReadonlyMap<Kind, readonly ApiObject[]>,
  authority?: Authority,
): string {
  const declared = declare(objects);
  const secrets = new Secrets();
  const referred = new Set<Declared>();
  const args = [...declared.values()].map(({ description, stored, name }) =>
    argumentsOf(description, stored, {
      secret: (path, fingerprint) => secrets.expressionFor(name, path, fingerprint),
      reference: (kind, id) => {
        const other = declared.get(keyOf(kind, id));
        if (other === undefined) return id;
        referred.add(other);
        return new Expression(`${other.variable}.id`);
      },
    }),
  );
  const statements = [...declared.values()].map((each, index) =>
    statementOf(each, args[index] ?? {}, referred.has(each)),
  );
  return `${[headOf(endpoint, authority, secrets.commands()), ...statements].join('\n\n')}\n`;
}

function declare(objects: ReadonlyMap<Kind, readonly ApiObject[]>): Map<string, Declared> {
  const names = new Map(KINDS.map((kind) => [kind, new Set<string>()]));
  const variables = new Set<string>();
  const entries = inOrder(objects).map(({ kind, stored }): [string, Declared] => {
    const description = resourceOf(kind);
    const name = unique(nameOfId(stored.id), '-', names.get(kind) as Set<string>);
    const noun = NOUNS[description.type] ?? description.type;
    const variable = unique(variableName(name, noun), '', variables);
    return [keyOf(kind, stored.id), { description, stored, name, variable }];
  });
  return new Map(entries);
}

function statementOf({ description, stored, name, variable }: Declared, args: Properties, isReferred: boolean): string {
  const start = `${isReferred ? `const ${variable} = ` : ''}new weir.${description.type}(${JSON.stringify(name)}, `;
  const lines = warningsOf(stored)
    .map((comment) => `// ${inOneLine(comment)}\n`)
    .join('');
  return `${lines}${start}${literal(args, '', start.length, 2)});`;
}

function headOf(endpoint: string, authority: Authority | undefined, secretCommands: readonly string[]): string {
  const commands = [...reachCommands(endpoint, authority), ...secretCommands];
  const lines = [
    `The configuration of the runtime at ${endpoint}, by \`weir export\`.`,
    'The first `pulumi up` adopts the running objects unchanged. After it, `adopt` and `adoptFrom` can be removed.',
    ...(commands.length > 0 ? ['Before the first `pulumi up`, run:'] : []),
    ...commands.map((command) => `    ${command}`),
  ];
  const hasSecrets = secretCommands.length > 0;
  return [
    ...lines.map((line) => `// ${line}`),
    '',
    ...(hasSecrets ? ['import * as pulumi from "@pulumi/pulumi";'] : []),
    'import * as weir from "pulumi-weir";',
    ...(hasSecrets ? ['', 'const config = new pulumi.Config();'] : []),
  ].join('\n');
}
