// The documents that are made from the code, each by its path below the root.
import { errorsPage } from './errors-page.ts';
import { referencePage } from './reference-page.ts';

export const DOCUMENTS: Readonly<Record<string, () => string | Promise<string>>> = {
  'provider/errors.md': errorsPage,
  'sdk/reference.md': referencePage,
};
