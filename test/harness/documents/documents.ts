// The table of the documents that are generated from the code.
import { errorsPage } from './errors-page.ts';
import { referencePage } from './reference-page.ts';

/** Functions that make the text of each generated document, by the document's path below the repository's root. */
export const DOCUMENTS: Readonly<Record<string, () => string | Promise<string>>> = {
  'provider/errors.md': errorsPage,
  'sdk/reference.md': referencePage,
};
