// The generated page sdk/reference.md: arguments and outputs of each export of the SDK, from its docstrings.
import { join } from 'node:path';
import {
  Application,
  type Comment,
  type DeclarationReflection,
  LogLevel,
  ReflectionKind,
  type SignatureReflection,
} from 'typedoc';
import { ROOT } from '../machine/tree.ts';
import { defaultText, selectionText, textOf, typeText } from './docstrings.ts';
import { anchor, table, wrapped } from './markdown.ts';

/** Names of the exports in the order of the page. The section of a class includes the arguments of the class. */
const ORDER: readonly string[] = [
  ...['LoadBalancer', 'Listener', 'ForwardingRule', 'TargetAttachment'],
  ...['BackendServer', 'AutoScalingGroup', 'AutoScalingAttachment', 'Service', 'Canary', 'targets'],
  ...['TargetArgs', 'BoundTarget', 'HealthCheckArgs', 'StickySessionArgs', 'RedirectArgs', 'FixedResponseArgs'],
  ...['RewriteArgs', 'HeaderEditsArgs', 'CertificateArgs', 'AdoptionArgs'],
  ...['ConnectionRateArgs', 'RequestRateArgs'],
  ...['TagsArgs', 'ServiceListenerArgs', 'ServiceStickySessionArgs', 'ServiceTargetsArgs', 'SharedTargetArgs'],
];

/** Length in characters up to which a docstring stands whole in a table. A longer docstring is split there. */
const SHORT = 140;

/** Units of numeric properties, by the suffix of the property's name. */
const UNITS = { Seconds: 'seconds', Mbps: 'Mbit/s' };

const INTRODUCTION = `# Reference

\`npm run documents\` writes this page from the docstrings of \`sdk/\`, which editors show too.

A resource is created by \`new weir.TYPE(name, args, opts?)\`; \`opts\` are Pulumi's resource options. Every argument, and
every value in it, may be an output of another resource, unless its text says otherwise. Every resource has the output
\`id\`. Times are in seconds and may be fractions.`;

/**
 * Makes the page sdk/reference.md. `entry` is the index of the SDK's sources, or of the declarations in an installed
 * package; `project` is the folder of the tsconfig.json to use. Throws if the page has no section for an export.
 */
export async function referencePage(entry = join(ROOT, 'sdk/index.ts'), project = ROOT): Promise<string> {
  const exported = await exportsOf(entry, project);
  const stray = [...exported.keys()].find((name) => !ORDER.includes(headingOf(name)));
  if (stray !== undefined) throw new Error(`sdk/reference.md has no section for ${stray}: add its name to ORDER`);
  const contents = ORDER.map(link).join(' · ');
  const sections = ORDER.map((name) => section(exported, name));
  return `${[INTRODUCTION, wrapped(contents), ...sections].join('\n\n')}\n`;
}

async function exportsOf(entry: string, project: string): Promise<ReadonlyMap<string, DeclarationReflection>> {
  const application = await Application.bootstrap({
    disableSources: true,
    entryPoints: [entry],
    tsconfig: join(project, 'tsconfig.json'),
    readme: 'none',
    logLevel: LogLevel.Warn,
    // TypeDoc does not report type errors, because `npm run check` does.
    skipErrorChecking: true,
    sort: ['source-order'],
    // The tag `@default` holds prose, so TypeDoc must not format it as code.
    jsDocCompatibility: { defaultTag: false },
  });
  const read = await application.convert();
  return new Map(read?.children?.map((child) => [child.name, child]));
}

/** Heading of the section that describes an export. */
function headingOf(name: string): string {
  return ORDER.includes(name) ? name : name.replace(/Args$/, '');
}

function link(name: string): string | undefined {
  const heading = headingOf(name);
  return ORDER.includes(heading) ? `[${name}](#${anchor(heading)})` : undefined;
}

function section(exported: ReadonlyMap<string, DeclarationReflection>, name: string): string {
  const reflection = exported.get(name);
  if (reflection === undefined) throw new Error(`the SDK does not export ${name}`);
  return [`## ${name}`, ...bodyOf(reflection, exported.get(`${name}Args`))].join('\n\n');
}

function bodyOf(reflection: DeclarationReflection, args: DeclarationReflection | undefined): string[] {
  const { name, comment, signatures, type } = reflection;
  if (signatures !== undefined) return signatures.flatMap(functionBody);
  const text = wrapped(documented(name, comment));
  if (type !== undefined) return [text, wrapped(`Properties: ${selectionText(type, link)}.`)];
  if (args === undefined && name.endsWith('Args')) return [text, ...members(reflection, 'property')];
  const outputs = propertiesOf(reflection);
  const outputTable = outputs.length > 0 ? [table(['output', 'type', 'meaning'], outputs.map(outputRow))] : [];
  if (args === undefined) return [text, ...outputTable];
  return [
    text,
    wrapped(documented(args.name, args.comment)),
    ...members(args, 'argument'),
    ...outputTable,
    ...getter(reflection),
  ];
}

function functionBody({ name, parameters = [], comment }: SignatureReflection): string[] {
  const names = parameters.map((each) => `${each.name}${each.defaultValue || each.flags.isOptional ? '?' : ''}`);
  const types = parameters.map((each) => `\`${each.name}\`: ${typeText(each.type, link)}`);
  return [`\`weir.${name}(${names.join(', ')})\``, wrapped(documented(name, comment)), wrapped(`${types.join('; ')}.`)];
}

function propertiesOf({ children = [] }: DeclarationReflection): DeclarationReflection[] {
  return children.filter(({ kind, inheritedFrom }) => kind === ReflectionKind.Property && inheritedFrom === undefined);
}

/**
 * Describes the properties of an interface: a table, then the rest of each docstring that is too long for the table,
 * then the interfaces from which the interface inherits.
 */
function members(reflection: DeclarationReflection, title: string): string[] {
  const own = propertiesOf(reflection);
  const details = own.flatMap(({ name, comment }) => {
    const { rest } = split(documented(name, comment));
    const detail = `\`${name}\`:${rest.startsWith('- ') ? '\n\n' : ' '}${rest}`;
    return rest === '' ? [] : [`- ${wrapped(detail, '  ')}`];
  });
  const inherited = reflection.extendedTypes?.map((type) => selectionText(type, link)) ?? [];
  return [
    ...(own.length > 0 ? [table([title, 'type', 'default', 'meaning'], own.map(row))] : []),
    ...(details.length > 0 ? [details.join('\n')] : []),
    ...(inherited.length > 0 ? [wrapped(`Also the properties of ${inherited.join(', and of ')}.`)] : []),
  ];
}

/** Text of a docstring. Throws if the docstring is missing. */
function documented(name: string, comment: Comment | undefined): string {
  const text = textOf(comment, link);
  if (text === '') throw new Error(`${name} has no docstring`);
  return text;
}

function row({ name, type, flags, comment }: DeclarationReflection): string[] {
  const unit = Object.entries(UNITS).find(([suffix]) => name.endsWith(suffix))?.[1];
  const shownType = typeText(type, link) + (unit === undefined ? '' : ` (${unit})`);
  const value = flags.isOptional ? (defaultText(comment, link) ?? '') : 'required';
  return [`\`${name}\``, shownType, value, split(documented(name, comment)).first];
}

function outputRow({ name, type, comment }: DeclarationReflection): string[] {
  return [`\`${name}\``, typeText(type, link), documented(name, comment).replace(/\s+/g, ' ')];
}

/** Splits a docstring after its first sentence. A short docstring stays whole, and its `rest` is empty. */
function split(text: string): { first: string; rest: string } {
  const line = text.replace(/\s+/g, ' ');
  if (line.length <= SHORT && !/\n\n|\n- /.test(text)) return { first: line, rest: '' };
  const [sentence = ''] = /^(?:`[^`]*`|[^`])*?[.:](?=\s|$)/.exec(text) ?? [text];
  return { first: sentence.replace(/\s+/g, ' ').replace(/:$/, '.'), rest: text.slice(sentence.length).trim() };
}

function getter(reflection: DeclarationReflection): string[] {
  const get = reflection.getChildByName('get');
  if (!get?.isDeclaration()) return [];
  const text = documented('get', get.signatures?.[0]?.comment);
  return [wrapped(`\`weir.${reflection.name}.get(name, id, opts?)\`: ${text.charAt(0).toLowerCase()}${text.slice(1)}`)];
}
