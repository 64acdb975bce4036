// The Markdown that takes the place of a plan that could not be made, so that no older plan stands for it.
import { counted } from '../../model/base/counted.ts';
import { headingOf } from './heading.ts';
import { preformatted } from './markdown.ts';
import { FailedPreview } from './preview.ts';

/** Longest message in characters. Each character becomes at most six, and GitHub takes comments of up to 65,536. */
const MAX_CHARACTERS = 10_000;

export function renderFailure(error: unknown, stack: string | undefined): string {
  const isPreview = error instanceof FailedPreview;
  const message = isPreview ? error.errors.join('\n\n') : error instanceof Error ? error.message : String(error);
  const plain = message.replaceAll('\r\n', '\n').trim();
  const more = plain.length - MAX_CHARACTERS;
  const parts = [
    ...headingOf(stack),
    `> [!CAUTION]\n> ${isPreview ? 'The preview failed, so there is no plan.' : 'There is no plan, because of an error.'}`,
    preformatted(plain.slice(0, MAX_CHARACTERS).toWellFormed()),
    ...(more > 0 ? [`... and ${counted(more, 'more character')}`] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}
