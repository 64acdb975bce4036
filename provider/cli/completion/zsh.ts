// The completion script for zsh.
import { type CompletedCommand, optionValues, placesBelow } from './shape.ts';

export function zshScript(commands: readonly CompletedCommand[]): string {
  const values = optionValues(commands).map(([spellings, value]) => {
    if (value === 'file') return `    ${patternOf(spellings)}) _files; return ;;`;
    if (value === 'text') return `    ${patternOf(spellings)}) return ;;`;
    return `    ${patternOf(spellings)}) compadd -- ${value.map(quoted).join(' ')}; return ;;`;
  });
  const candidates = commands.map(({ place, options, commands: below, takesFile, choices }) => {
    const ofOptions = options.flatMap(({ names, description }) => names.map((name) => described(name, description)));
    return `    ${quoted(place)})
      commands=(${below.map(({ name, description }) => described(name, description)).join(' ')})
      options=(${ofOptions.join(' ')})${choices.length > 0 ? `\n      compadd -- ${choices.map(quoted).join(' ')}` : ''}${takesFile ? '\n      _files' : ''}
      ;;`;
  });
  return `#compdef weir
# Completion of the command weir for zsh. Use it by: source <(weir completion zsh)
_weir() {
  local place=weir word previous=\${words[CURRENT-1]}
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
    ${patternOf(placesBelow(commands))}) place="$place $word" ;;
    esac
  done
  # A value may follow its option behind an equals sign.
  if [[ \${words[CURRENT]} == --*=* ]] && compset -P '*='; then
    previous=\${words[CURRENT]%%=*}
  fi
  case "$place $previous" in
${values.join('\n')}
  esac
  case "$place" in
${candidates.join('\n')}
  esac
  (( \${#commands} )) && _describe -t commands command commands
  _describe -o -t options option options
}
if [[ \${funcstack[1]} == _weir ]]; then
  _weir "$@"
else
  compdef _weir weir
fi
`;
}

function patternOf(texts: readonly string[]): string {
  return texts.map((text) => `(${quoted(text)})`).join('|');
}

/** A candidate with its description behind a colon. */
function described(name: string, description: string): string {
  return quoted(`${name}:${description.replaceAll(':', '\\:')}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
