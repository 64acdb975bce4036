// Docstrings and types, as TypeDoc reads them from the sources, as Markdown.
import { type Comment, type CommentDisplayPart, ReferenceType, type SomeType } from 'typedoc';

/** The link to an export by its name; undefined if the page does not have it. */
export type Link = (name: string) => string | undefined;

export function textOf(comment: Comment | undefined, link: Link): string {
  return partsText(comment?.summary ?? [], link);
}

export function defaultText(comment: Comment | undefined, link: Link): string | undefined {
  const tag = comment?.blockTags.find(({ tag }) => tag === '@default');
  const text = tag && partsText(tag.content, link).replace(/\s+/g, ' ');
  return text?.replace(/^("[^"]*"|\d+|true|false)(?=$|[,;])/, '`$1`');
}

function partsText(parts: readonly CommentDisplayPart[], link: Link): string {
  const texts = parts.map((part) => (part.kind === 'inline-tag' ? (link(part.text) ?? `\`${part.text}\``) : part.text));
  return texts.join('').trim();
}

/** A type as a reader of a program has it: whether a value is an output is not told. */
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

/** What a type takes from another one, such as `Omit<TargetArgs, 'port'>`. */
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
