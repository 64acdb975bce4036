// Conversion of TypeDoc's docstrings and types to Markdown.
import { type Comment, type CommentDisplayPart, ReferenceType, type SomeType } from 'typedoc';

/** Makes a Markdown link to an export of the SDK. Returns `undefined` if the page does not contain the export. */
export type Link = (name: string) => string | undefined;

/** Text of a docstring without its tags. */
export function textOf(comment: Comment | undefined, link: Link): string {
  return partsText(comment?.summary ?? [], link);
}

/** Text of the tag `@default`. Returns `undefined` if the docstring has no such tag. */
export function defaultText(comment: Comment | undefined, link: Link): string | undefined {
  const tag = comment?.blockTags.find(({ tag }) => tag === '@default');
  const text = tag && partsText(tag.content, link).replace(/\s+/g, ' ');
  return text?.replace(/^("[^"]*"|\d+|true|false)(?=$|[,;])/, '`$1`');
}

function partsText(parts: readonly CommentDisplayPart[], link: Link): string {
  const texts = parts.map((part) => (part.kind === 'inline-tag' ? (link(part.text) ?? `\`${part.text}\``) : part.text));
  return texts.join('').trim();
}

/** Name of a type in the reference. `Input`, `Output`, `Readonly` and `Partial` are left out. */
export function typeText(type: SomeType | undefined, link: Link): string {
  if (type?.type === 'union') {
    const given = type.types.filter((each) => `${each}` !== 'undefined');
    return given.map((each) => typeText(each, link)).join(', ');
  }
  if (type?.type === 'typeOperator') return typeText(type.target, link);
  if (type?.type === 'array') return `list of ${typeText(type.elementType, link)}`;
  if (!(type instanceof ReferenceType)) return type?.type === 'literal' ? `\`${type}\`` : `${type}`;
  const inner = type.typeArguments?.at(-1);
  if (['Input', 'Output', 'Readonly', 'Partial'].includes(type.name)) return typeText(inner, link);
  if (type.name === 'Record') return `map of ${typeText(inner, link)}`;
  return link(type.name) ?? type.name;
}

/** Describes a selection of properties, such as `Omit<TargetArgs, 'port'>`: "TargetArgs except `port`". */
export function selectionText(type: SomeType, link: Link): string {
  if (!(type instanceof ReferenceType)) return typeText(type, link);
  const [of, names] = type.typeArguments ?? [];
  if (of === undefined) return typeText(type, link);
  if (names === undefined) return selectionText(of, link);
  const properties = `${names}`.replaceAll('"', '`').replaceAll(' | ', ', ');
  return type.name === 'Omit'
    ? `${selectionText(of, link)} except ${properties}`
    : `${properties} of ${typeText(of, link)}`;
}
