// The documents that are made from the code, each by its path below the root.
import { errorsPage } from './errors-page.ts';

export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'provider/errors.md': errorsPage,
};
