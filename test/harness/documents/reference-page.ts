// The page sdk/reference.md: each export of the SDK with its arguments and outputs, from the docstrings as TypeDoc reads them.
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

/** The exports in the order of the page. The arguments of a class stand with the class. */
const ORDER: readonly string[] = [
  ...['LoadBalancer', 'Listener', 'ForwardingRule', 'TargetAttachment'],
  ...['BackendServer', 'AutoScalingGroup', 'AutoScalingAttachment', 'Service', 'Canary', 'targets'],
  ...['TargetArgs', 'BoundTarget', 'HealthCheckArgs', 'StickySessionArgs', 'CertificateArgs', 'AdoptionArgs'],
  ...['ServiceListenerArgs', 'ServiceStickySessionArgs', 'ServiceTargetsArgs', 'SharedTargetArgs'],
];

/** A text that is no longer than this stands in the table as a whole. */
const SHORT = 140;

/** The unit of a number, by the end of its name. */
const UNITS = { Seconds: 'seconds', Mbps: 'Mbit/s' };

const INTRODUCTION = `# Reference

\`npm run documents\` writes this page from the docstrings of \`sdk/\`, which editors show too.

A resource is created by \`new weir.TYPE(name, args, opts?)\`; \`opts\` are Pulumi's options of any resource. Every argument,
and every value in it, may be an output of another resource, unless its text says otherwise. Every resource has the output
\`id\`. Times are in seconds and may be fractions.`;

/** `entry` is the SDK's sources, or the declarations of a package that is installed in a project with a tsconfig.json. */
export async function referencePage(entry = join(ROOT, 'sdk/index.ts'), project = ROOT): Promise<string> {
  const exported = await exportsOf(entry, project);
  const stray = [...exported.keys()].find((name) => !ORDER.includes(headingOf(name)));
  if (stray !== undefined) throw new Error(`the page has no place for ${stray}`);
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
    // tsc checks the types anyway.
    skipErrorChecking: true,
    sort: ['source-order'],
    // A default is prose, not code.
    jsDocCompatibility: { defaultTag: false },
  });
  const read = await application.convert();
  return new Map(read?.children?.map((child) => [child.name, child]));
}

/** The heading under which an export stands. */
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

/** The table of the members, then the rest of each text that is too long for the table, then what is inherited. */
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
    ...(inherited.length > 0 ? [wrapped(`Also those of ${inherited.join(', and those of ')}.`)] : []),
  ];
}

/** The docstring of a name, which it must have. */
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

/** The first sentence of a text, or all of it if it is short, and the rest. */
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
