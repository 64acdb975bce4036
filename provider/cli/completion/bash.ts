// The completion script for bash.
import { type CompletedCommand, optionValues, placesBelow } from './shape.ts';

export function bashScript(commands: readonly CompletedCommand[]): string {
  const values = optionValues(commands).map(([spellings, value]) => {
    if (value === 'file') return `    ${patternOf(spellings)}) compopt -o default 2>/dev/null; return ;;`;
    if (value === 'text') return `    ${patternOf(spellings)}) return ;;`;
    return `    ${patternOf(spellings)}) candidates='${value.join(' ')}' ;;`;
  });
  const candidates = commands.map(({ place, options, commands: below, takesFile, choices }) => {
    const words = [...below.map(({ name }) => name), ...choices, ...options.flatMap(({ names }) => names)];
    const files = takesFile ? ' compopt -o default 2>/dev/null;' : '';
    return `      '${place}')${files} candidates='${words.join(' ')}' ;;`;
  });
  return `# Completion of the command weir for bash. Use it by: source <(weir completion bash)
_weir() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} place=weir candidates='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place \${COMP_WORDS[i]}" in
    ${patternOf(placesBelow(commands))}) place="$place \${COMP_WORDS[i]}" ;;
    esac
  done
  # The equals sign between an option and its value is a word by itself.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case "$place $previous" in
${values.join('\n')}
  *)
    case "$place" in
${candidates.join('\n')}
    esac
    ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -F _weir weir
`;
}

function patternOf(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(' | ');
}
