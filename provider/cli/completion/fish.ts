// The completion script for fish.
import { type CompletedCommand, type CompletedOption, placesBelow } from './shape.ts';

/** The flags of options whose value is a file, or any text. */
const VALUES = { file: ' -r -F', text: ' -x' } as const;

export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ place, options, commands: below, takesFile, choices }) => {
    const start = `complete -c weir -n 'test (__weir_place) = "${place}"'`;
    return [
      ...below.map(({ name, description }) => `${start} -a ${quoted(name)} -d ${quoted(description)}`),
      ...(choices.length > 0 ? [`${start} -a ${quoted(choices.join(' '))}`] : []),
      ...(takesFile ? [`${start} -F`] : []),
      ...options.map((option) => `${start} ${spelled(option)}`),
    ];
  });
  return `# Completion of the command weir for fish. Use it by: weir completion fish | source
function __weir_place
  set -l place weir
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
      case ${placesBelow(commands).map(quoted).join(' ')}
        set place "$place $word"
    end
  end
  echo $place
end
complete -c weir -f
${lines.join('\n')}
`;
}

function spelled({ names, description, value }: CompletedOption): string {
  const spellings = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return `${spellings.join(' ')}${flagsOf(value)} -d ${quoted(description)}`;
}

function flagsOf(value: CompletedOption['value']): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? VALUES[value] : ` -x -a ${quoted(value.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
