// The TypeScript compiler for exported programs, with the settings of a stack's project and without files on disk.
import ts from 'typescript';
import { ROOT } from '../machine/tree.ts';

/**
 * Compiles the programs as if they were files of the folder test/harness/export. Returns the diagnostics as text, or an
 * empty text if there are none.
 */
export function faultsOf(texts: readonly string[]): string {
  const programs = new Map(texts.map((text, index) => [`${ROOT}test/harness/export/exported-${index}.ts`, text]));
  const config = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (file) => programs.has(file) || fileExists(file);
  host.getSourceFile = (file, ...rest) => {
    const text = programs.get(file);
    return text === undefined ? getSourceFile(file, ...rest) : ts.createSourceFile(file, text, rest[0]);
  };
  const compiled = ts.createProgram([...programs.keys()], options, host);
  const faults = [...programs.keys()].flatMap((file) => {
    const source = compiled.getSourceFile(file);
    return [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)];
  });
  return ts.formatDiagnostics(faults, { ...host, getNewLine: () => '\n' });
}
