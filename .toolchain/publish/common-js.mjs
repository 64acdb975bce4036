// Compiled ES modules as CommonJS modules, for module loaders that know no ES modules.

/** The URL of the module, which the functions that get it also take as a path. */
const MODULE_URL = /\bimport\.meta\.url\b/g;

/**
 * An ES module as a CommonJS module.
 * @param {typeof import('typescript')} ts
 * @param {string} text JavaScript text of the ES module.
 */
export function commonJs(ts, text) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, removeComments: true };
  return ts.transpileModule(text.replace(MODULE_URL, '__filename'), { compilerOptions }).outputText;
}

/**
 * The relative paths that a compiled ES module imports.
 * @param {string} text
 */
export function importedFiles(text) {
  return [...text.matchAll(/^(?:import|export) [^;]*?from ['"](\.{1,2}\/[^'"]+)['"];$/gm)].map(([, file = '']) => file);
}
